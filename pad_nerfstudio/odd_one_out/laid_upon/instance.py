"""One object of a scene as voxels and as pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pad_nerfstudio.odd_one_out.laid_upon.cover_kernels import cover
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos

BACKGROUND, OWN, UNKNOWN = 0, 1, 2
RIM, TOP = 0.45, 0.1
"""Voxels by which an object reaches beyond the vertices at which it is, to the sides and upwards."""
HIGHEST_FOOT = 0.1
"""Objects reach down at least to this height, so they stand on the floor; world units."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One object of a scene."""

    points: Float[np.ndarray, "n 3"]
    """Middles of its voxels, world frame."""
    voxel: float
    """Their side."""
    labels: UInt8[np.ndarray, "views h w"]
    """Of each pixel: `OWN` where this object alone is seen, `BACKGROUND` where none is, else `UNKNOWN`."""
    top: float = np.inf
    """Height up to which silhouettes say that it reaches, where that is lower than its voxels do."""

    @property
    def bounds(self) -> Float[np.ndarray, "2 3"]:
        """Least and greatest coordinates."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        low, high = low - self.voxel * np.array([RIM, RIM, TOP]), high + self.voxel * np.array([RIM, RIM, TOP])
        low[2], high[2] = 0.0 if low[2] < HIGHEST_FOOT else low[2], min(high[2], self.top)
        return np.stack([low, high])


def covered_pixels(points: Float[np.ndarray, "n 3"], voxel: float, photos: Photos) -> Bool[np.ndarray, "views h w"]:
    """Pixels that voxels cover."""
    views, height, width = photos.lab.shape[:3]
    stamps = np.zeros((views, height, width), np.int32)
    own = np.zeros((views, height, width), np.uint8)
    cover(points, voxel / 2, photos.projections, own, stamps, 1)
    return stamps == 1


def labels_of(
    covered: Sequence[Bool[np.ndarray, "views h w"]], silhouettes: Bool[np.ndarray, "views h w"]
) -> list[UInt8[np.ndarray, "views h w"]]:
    """What each object's `labels` are.

    Args:
        covered: pixels of silhouettes that each object covers
        silhouettes: pixels that show objects
    """
    total = np.sum(covered, axis=0)
    beside = np.where(silhouettes, UNKNOWN, BACKGROUND).astype(np.uint8)
    return [np.where(own & (total == 1), np.uint8(OWN), beside) for own in covered]
