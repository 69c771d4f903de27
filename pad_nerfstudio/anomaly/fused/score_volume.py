"""Scores on a lattice in space: the mean of what several views say of a place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

RESOLUTION = 128
"""Cells along the longest side."""
PRIOR = 1.0
"""Weight of the presumption that a place is normal, as much as one view from straight ahead: what a single photo says
of a place may be noise, and a part has many places."""
EMPTY = 1e-9
"""Weights and lengths up to this are none."""


@dataclass(frozen=True, eq=False)
class ScoreVolume:
    """Sums over views at the vertices of a lattice."""

    origin: Float[np.ndarray, "3"]
    """Position of the first vertex, world frame."""
    cell: float
    """Distance of neighbouring vertices."""
    total: Float[np.ndarray, "x y z"]
    """Of weights times scores."""
    weight: Float[np.ndarray, "x y z"]
    """Of weights; 0 where no view shows the surface."""

    @property
    def score(self) -> float:
        """Of the part: the highest score of any place, drawn towards 0 the fewer views tell of it."""
        return float((self.total / (self.weight + PRIOR)).max())

    def at(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Mean scores at points, linear between vertices; 0 where no view tells."""
        total, weight = np.zeros(len(points)), np.zeros(len(points))
        for vertices, shares in _corners(points, self.origin, self.cell, self.total.shape):
            total += shares * self.total.reshape(-1)[vertices]
            weight += shares * self.weight.reshape(-1)[vertices]
        return np.where(weight > EMPTY, total / np.maximum(weight, EMPTY), 0.0)


def fuse(views: Sequence[ScoredSurface], resolution: int = RESOLUTION) -> ScoreVolume:
    """The weighted mean over views of their scores, at every place that any of them shows.

    What a view cannot see it says nothing of. A view counts by the angle at which it sees a place, not by how many of
    its pixels show it: a near camera is no better witness than a far one.

    Args:
        views: of one part, in one frame; at least one of them has a point
        resolution: cells along the longest side of what all views see

    Raises:
        ValueError: no view shows anything
    """
    everything = [view.points for view in views if len(view.points)]
    if not everything:
        raise ValueError("no view shows the part")
    low = np.min([points.min(axis=0) for points in everything], axis=0)
    high = np.max([points.max(axis=0) for points in everything], axis=0)
    cell = max(float((high - low).max()) / resolution, EMPTY)
    shape = tuple((np.ceil((high - low) / cell).astype(int) + 2).tolist())
    total, weight = np.zeros(shape), np.zeros(shape)
    for view in views:
        own_total, own_weight, share = (np.zeros(total.size) for _ in range(3))
        for vertices, shares in _corners(view.points, low, cell, shape):
            share += np.bincount(vertices, shares, total.size)
            own_weight += np.bincount(vertices, shares * view.weights, total.size)
            own_total += np.bincount(vertices, shares * view.weights * view.values, total.size)
        seen = share > EMPTY
        total.reshape(-1)[seen] += own_total[seen] / share[seen]
        weight.reshape(-1)[seen] += own_weight[seen] / share[seen]
    return ScoreVolume(low, cell, total, weight)


def _corners(
    points: Float[np.ndarray, "n 3"], origin: Float[np.ndarray, "3"], cell: float, shape: tuple[int, ...]
) -> Iterator[tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]]:
    """Flat numbers of the eight vertices around each point, and its share of each; none outside of the lattice."""
    places = (points - origin) / cell
    inside = ((places >= 0) & (places <= np.array(shape) - 1)).all(axis=1)
    first = np.clip(np.floor(places), 0, np.array(shape) - 2).astype(int)
    beyond = places - first
    for corner in np.ndindex(2, 2, 2):
        shares = np.where(np.array(corner) == 1, beyond, 1 - beyond).prod(axis=1)
        yield np.asarray(np.ravel_multi_index(tuple((first + corner).T), shape)), np.where(inside, shares, 0.0)
