"""The visual hull of everything that stands on the floor, as voxels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from pad_nerfstudio.fields.parallel import over_ranges
from pad_nerfstudio.odd_one_out.training_free import hull_kernels
from pad_nerfstudio.odd_one_out.training_free.photos import Photos
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings

INSIDE = 0.4
"""Opacity of a blurred silhouette from which a voxel's middle lies inside."""
ALLOWED_MISSES = 0.05
"""Share of the views that may see a voxel outside, for silhouettes with holes."""
VOXELS_PER_CALL = 1 << 18


@dataclass(frozen=True, eq=False)
class Voxels:
    """A grid of voxels along the world's axes."""

    origin: Float[np.ndarray, "3"]
    """Middle of the first voxel, world frame."""
    size: float
    """Side of a voxel, world units."""
    occupied: Bool[np.ndarray, "x y z"]

    def points(self) -> Float[np.ndarray, "n 3"]:
        """Middles of the occupied voxels, world frame."""
        return self.origin + self.size * np.argwhere(self.occupied)


def visual_hull(photos: Photos, silhouettes: Bool[np.ndarray, "views h w"], settings: TrainingFreeSettings) -> Voxels:
    """Voxels that (almost) every view sees inside of its silhouettes."""
    side = 2 * round(settings.radius / settings.voxel)
    shape = np.array([side, side, round(settings.height / settings.voxel)])
    origin = settings.voxel * np.array([0.5 - side / 2, 0.5 - side / 2, 0.5])
    opacity = np.stack([ndimage.gaussian_filter(s.astype(np.float32), 0.5) for s in silhouettes])
    misses = np.zeros(int(shape.prod()), np.uint8)
    allowed = int(ALLOWED_MISSES * len(opacity))
    arguments = (origin, settings.voxel, shape, photos.projections, opacity, INSIDE, allowed, misses)
    over_ranges(hull_kernels.count_misses, len(misses), VOXELS_PER_CALL, *arguments)
    return Voxels(origin, settings.voxel, (misses <= allowed).reshape(shape))


def covered_pixels(points: Float[np.ndarray, "n 3"], voxel: float, photos: Photos) -> Bool[np.ndarray, "views h w"]:
    """Pixels that voxels cover."""
    views, height, width = photos.lab.shape[:3]
    stamps = np.zeros((views, height, width), np.int32)
    own = np.zeros((views, height, width), np.uint8)
    hull_kernels.cover(points, voxel / 2, photos.projections, own, stamps, 1)
    return stamps == 1
