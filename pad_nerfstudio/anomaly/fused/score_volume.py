"""Scores on a lattice in space: the mean of what several views say of a place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pad_nerfstudio.anomaly.fused.lattice import Lattice, lattice_around
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

RESOLUTION = 128
"""Cells along the longest side."""
PRIOR = 1.0
"""Weight of the presumption that a place is normal, as much as one view from straight ahead: what a single photo says
of a place may be noise, and a part has many places."""
EMPTY = 1e-9
"""Weights up to this are none."""


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
        for vertices, shares in Lattice(self.origin, self.cell, self.total.shape).corners(points):
            total += shares * self.total.reshape(-1)[vertices]
            weight += shares * self.weight.reshape(-1)[vertices]
        return np.where(weight > EMPTY, total / np.maximum(weight, EMPTY), 0.0)


@dataclass(frozen=True, eq=False)
class ViewOnLattice:
    """What one view says of the vertices near the surface that it shows."""

    vertices: Int[np.ndarray, " m"]
    """Their flat numbers, each once."""
    total: Float[np.ndarray, " m"]
    """Weight times score of each."""
    weight: Float[np.ndarray, " m"]
    """How much it counts: the mean weight of the pixels around it."""


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
    lattice = lattice_around([view.points for view in views], resolution)
    return summed([on_lattice(view, lattice) for view in views], lattice)


def on_lattice(view: ScoredSurface, lattice: Lattice) -> ViewOnLattice:
    """What a view says of the vertices around its points, each point by its share."""
    corners = list(lattice.corners(view.points))
    shares = np.concatenate([share for _, share in corners])
    vertices, place = np.unique(np.concatenate([vertex for vertex, _ in corners]), return_inverse=True)
    share, weight, total = (
        np.bincount(place, shares * np.tile(values, len(corners)), len(vertices))
        for values in (np.ones(len(view.points)), view.weights, view.weights * view.values)
    )
    seen = share > EMPTY
    return ViewOnLattice(vertices[seen], total[seen] / share[seen], weight[seen] / share[seen])


def summed(views: Sequence[ViewOnLattice], lattice: Lattice) -> ScoreVolume:
    """The volume of some views."""
    total, weight = np.zeros(lattice.size), np.zeros(lattice.size)
    for view in views:
        total[view.vertices] += view.total
        weight[view.vertices] += view.weight
    return ScoreVolume(lattice.origin, lattice.cell, total.reshape(lattice.shape), weight.reshape(lattice.shape))
