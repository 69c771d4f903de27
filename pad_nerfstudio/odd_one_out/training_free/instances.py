"""The objects of a scene as separate pieces of its visual hull."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pad_nerfstudio.odd_one_out.training_free import hull_kernels
from pad_nerfstudio.odd_one_out.training_free.hull import Voxels, covered_pixels
from pad_nerfstudio.odd_one_out.training_free.photos import Photos
from pad_nerfstudio.odd_one_out.training_free.pieces import separate_pieces

BACKGROUND, OWN, UNKNOWN = 0, 1, 2
LEAST_OWN = 0.15
"""Share of its pixels that a piece alone must explain; pieces where rays of several objects cross explain none."""
HIGHEST_FOOT = 0.03
"""Objects reach down at least to this height; world units."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One object of a scene."""

    points: Float[np.ndarray, "n 3"]
    """Middles of its voxels, world frame."""
    voxel: float
    """Their side."""
    labels: UInt8[np.ndarray, "views h w"]
    """Of each pixel: `OWN` where this object alone is seen, `BACKGROUND` where none is, else `UNKNOWN`."""

    @property
    def bounds(self) -> Float[np.ndarray, "2 3"]:
        """Least and greatest coordinates."""
        return np.stack([self.points.min(axis=0) - self.voxel / 2, self.points.max(axis=0) + self.voxel / 2])


def find_instances(photos: Photos, silhouettes: Bool[np.ndarray, "views h w"], hull: Voxels) -> list[Instance]:
    """Pieces of the hull that stand on the floor and explain pixels which no other piece does, the largest first."""
    pieces = [hull.origin + hull.size * index for index in separate_pieces(hull.occupied)]
    pieces = [p for p in pieces if p[:, 2].min() < HIGHEST_FOOT]
    pieces.sort(key=len, reverse=True)
    seen = [covered_pixels(p, hull.size, photos) & silhouettes for p in pieces]
    total = np.sum(seen, axis=0) if seen else None
    kept = []
    for n in reversed(range(len(pieces))):  # the smallest first
        if (seen[n] & (total == 1)).sum() >= LEAST_OWN * seen[n].sum():
            kept.append(n)
        else:
            total -= seen[n]
    kept.sort()
    return [Instance(_trimmed(pieces[n], hull.size, photos, seen[n] & (total == 1)), hull.size,
                     np.where(seen[n] & (total == 1), OWN, np.where(silhouettes, UNKNOWN, BACKGROUND)).astype(np.uint8))
            for n in kept]  # fmt: skip


TILT = np.radians(40)
AZIMUTHS = np.linspace(0, 2 * np.pi, 8, endpoint=False)
DIRECTIONS = np.array(
    [(0.0, 0.0, 1.0)] + [(np.sin(TILT) * np.cos(a), np.sin(TILT) * np.sin(a), np.cos(TILT)) for a in AZIMUTHS]
)
"""Upwards, and slanting upwards."""
LOST = 0.003
"""Share of an object's pixels that may be uncovered by trimming."""


def _trimmed(points, voxel, photos, own):
    """Without what no camera from the side contradicts above the object: cut while all pixels stay covered."""
    own, stamps, stamp = own.astype(np.uint8), np.zeros(own.shape, np.int32), 1
    index = np.rint((points - points.min(axis=0)) / voxel).astype(int)
    coarse = points[(index % 2 == 0).all(axis=1)]
    cuts = []
    full = hull_kernels.cover(coarse, voxel, photos.projections, own, stamps, 1)
    for direction in DIRECTIONS:
        along = coarse @ direction
        low, high = along.min(), along.max()
        while high - low > voxel:
            middle = (low + high) / 2
            stamp += 1
            covered = hull_kernels.cover(coarse[along <= middle], voxel, photos.projections, own, stamps, stamp)
            low, high = (low, middle) if covered >= (1 - LOST) * full else (middle, high)
        cuts.append(high)
    return points[(points @ DIRECTIONS.T <= np.array(cuts) + voxel / 2).all(axis=1)]
