"""An object's shape as a signed distance field and a few points of its surface."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance

MARGIN = 6
"""Voxels around the object."""
SAMPLES = 350


@dataclass(frozen=True, eq=False)
class Shape:
    """The volume of an object, world frame."""

    field: Float[np.ndarray, "x y z"]
    """Signed distances of voxels' middles from the surface, world units, negative inside."""
    origin: Float[np.ndarray, "3"]
    """Middle of the first voxel."""
    step: float
    """Side of a voxel."""
    surface: Float[np.ndarray, "n 3"]
    """Middles of the voxels at the surface."""
    normals: Float[np.ndarray, "n 3"]
    """Outward, unit."""
    samples: Float[np.ndarray, "m 3"]
    """Some points of the surface."""
    coarse: Float[np.ndarray, "k 3"]
    """Middles of every second voxel along each axis."""

    @property
    def center(self) -> Float[np.ndarray, "3"]:
        """Mean of the surface."""
        return self.surface.mean(axis=0)


def shape_of(instance: Instance, seed: int = 0) -> Shape:
    """The shape that an object's voxels have."""
    step = instance.voxel
    corner = instance.points.min(axis=0)
    index = np.rint((instance.points - corner) / step).astype(int) + MARGIN
    occupied = np.zeros(index.max(axis=0) + MARGIN + 1, bool)
    occupied[tuple(index.T)] = True
    inside, outside = (np.asarray(ndimage.distance_transform_edt(o)) for o in (occupied, ~occupied))
    field = np.where(occupied, 0.5 - inside, outside - 0.5).astype(np.float32) * np.float32(step)
    smooth = ndimage.gaussian_filter(field, 1.5)
    origin = corner - MARGIN * step
    shell = np.argwhere(occupied & ~np.asarray(ndimage.binary_erosion(occupied), bool))
    gradient = np.stack([g[tuple(shell.T)] for g in np.gradient(smooth)], axis=-1)
    normals = gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9)
    surface = origin + step * shell
    chosen = np.random.default_rng(seed).permutation(len(surface))[:SAMPLES]
    coarse = instance.points[(index % 2 == 0).all(axis=1)]
    return Shape(field, origin, step, surface, normals, surface[chosen], coarse)
