"""How one object lies upon another of the same kind: turns of all sorts, refined, and judged by the silhouettes."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage
from scipy.spatial.transform import Rotation

from pad_nerfstudio.fields.parallel import over_ranges
from pad_nerfstudio.odd_one_out.laid_upon import alignment_kernels
from pad_nerfstudio.odd_one_out.laid_upon.cover_kernels import cover
from pad_nerfstudio.odd_one_out.laid_upon.instance import OWN, Instance
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos
from pad_nerfstudio.odd_one_out.laid_upon.shape import Shape

TURNS = 1500
"""Rotations spread evenly over all; about 20 degrees apart."""
YAWS = 48
CAP = 0.03
"""World units; distances count for no more in the search."""
SCALE = 0.008
"""Of the robust cost of distances, world units."""
REFINED, JUDGED, POLISHED = 24, 8, 4
ROUNDS = 12
TOLERANCE = 0.8
"""Voxels by which a point may lie outside of the other object."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """A pose that lays the first object of a pair upon the second: p -> rotation p + shift, in the world."""

    rotation: Float[np.ndarray, "3 3"]
    shift: Float[np.ndarray, "3"]
    uncovered: float
    """Share of both objects' pixels that what they have in common leaves uncovered."""

    def moved(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """Points of the first object where the second one has them."""
        return points @ self.rotation.T + self.shift

    def inverse(self) -> "Alignment":
        """That which lays the second upon the first."""
        return Alignment(self.rotation.T.copy(), -self.rotation.T @ self.shift, self.uncovered)


def signed_distances(points: Float[np.ndarray, "n 3"], alignment: Alignment, shape: Shape) -> Float[np.ndarray, " n"]:
    """Of moved points from the surface of the second object, negative inside."""
    out = np.empty(len(points))
    alignment_kernels.values(points, alignment.rotation, alignment.shift, shape.field, shape.origin, shape.step, out)
    return out


def in_common(points: Float[np.ndarray, "n 3"], alignment: Alignment, shape: Shape) -> Float[np.ndarray, "k 3"]:
    """Those points of the first object that are, moved, within the second one too."""
    return points[signed_distances(points, alignment, shape) < TOLERANCE * shape.step]


class PixelCounter:
    """Counts the pixels of an object that points cover, in some of the views."""

    def __init__(self, instance: Instance, photos: Photos, views: np.ndarray):
        own = instance.labels[views] == OWN
        self.own = np.ascontiguousarray(own).astype(np.uint8)
        self.total = max(int(own.sum()), 1)
        self.projections = np.ascontiguousarray(photos.projections[views])
        self.stamps = np.zeros(own.shape, np.int32)
        self.stamp = 0

    def uncovered(self, points: Float[np.ndarray, "n 3"], half: float) -> float:
        """Share of the object's pixels that squares of half a side `half` at points leave uncovered."""
        self.stamp += 1
        covered = cover(points, half, self.projections, self.own, self.stamps, self.stamp)
        return 1 - covered / self.total

    def missing(self, points: Float[np.ndarray, "n 3"], half: float) -> Bool[np.ndarray, "views h w"]:
        """The pixels that stay uncovered, but for rims of one pixel."""
        self.uncovered(points, half)
        left = (self.own > 0) & (self.stamps != self.stamp)
        return np.stack([ndimage.binary_opening(view, np.ones((2, 2))) for view in left])


@cache
def rotations() -> Float[np.ndarray, "n 3 3"]:
    """Turns about z, and turns of all sorts (Alexa, "Super-Fibonacci spirals", 2022)."""
    phi, psi = np.sqrt(2.0), 1.533751168755204288118041
    s = np.arange(TURNS) + 0.5
    r, large = np.sqrt(s / TURNS), np.sqrt(1 - s / TURNS)
    a, b = 2 * np.pi * s / phi, 2 * np.pi * s / psi
    spread = Rotation.from_quat(np.stack([r * np.sin(a), r * np.cos(a), large * np.sin(b), large * np.cos(b)], axis=-1))
    yaw = Rotation.from_euler("z", np.linspace(0, 2 * np.pi, YAWS, endpoint=False)[:, None])
    return np.concatenate([yaw.as_matrix(), spread.as_matrix()])


def alignments(first: tuple[Shape, PixelCounter], second: tuple[Shape, PixelCounter]) -> list[Alignment]:
    """Poses under which two objects have much in common, the best first: near-symmetric objects have several."""
    (a, count_a), (b, count_b) = first, second
    turns = rotations()
    fields = (a.field, a.origin, b.field, b.origin, a.step)
    cost = np.empty(len(turns))
    few = (a.samples[::3], b.samples[::3])
    over_ranges(alignment_kernels.costs, len(turns), 200, turns, a.center, b.center, *few, *fields, CAP, cost)
    chosen = np.argsort(cost, kind="stable")[:REFINED]
    poses = turns[chosen].copy()
    shifts = b.center - poses @ a.center
    cost = np.empty(len(chosen))
    over_ranges(
        alignment_kernels.refine, len(chosen), 6, poses, shifts, a.samples, b.samples, *fields, SCALE, ROUNDS, cost
    )

    def judged(rotation, shift):
        pose = Alignment(rotation, shift, 0.0)
        common = in_common(a.coarse, pose, b)
        shares = count_a.uncovered(common, a.step), count_b.uncovered(pose.moved(common), b.step)
        return Alignment(rotation, shift, sum(shares) / 2)

    found: list[Alignment] = []
    for n in np.argsort(cost, kind="stable"):
        if all(np.trace(f.rotation.T @ poses[n]) < 1 + 2 * np.cos(0.15) for f in found):
            found.append(judged(poses[n], shifts[n]))
        if len(found) == JUDGED:
            break
    found.sort(key=lambda f: f.uncovered)
    polished = [_polished(f, b.center, judged) for f in found[:POLISHED]]
    return sorted(polished, key=lambda f: f.uncovered)


def _polished(start: Alignment, center, judged) -> Alignment:
    """A search along turns about the second object's centre and shifts, in ever smaller steps."""
    best = start
    for turn, shift in ((0.06, 0.004), (0.025, 0.002)):
        for axis in range(6):
            for sign in (1, -1):
                if axis < 3:
                    rotation = Rotation.from_rotvec(sign * turn * np.eye(3)[axis]).as_matrix()
                    trial = judged(rotation @ best.rotation, rotation @ (best.shift - center) + center)
                else:
                    trial = judged(best.rotation, best.shift + sign * shift * np.eye(3)[axis - 3])
                if trial.uncovered < best.uncovered:
                    best = trial
                    break
    return best
