"""Scores on a lattice in space: what several views say of a place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.anomaly.fused.lattice import Lattice, lattice_around
from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface
from pad_nerfstudio.anomaly.fused.view_on_lattice import EMPTY, RESOLUTION, ViewOnLattice, on_lattice


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
    evidence: Float[np.ndarray, "x y z"]
    """Of weights times evidence, see `evidence_of`."""

    @property
    def score(self) -> float:
        """Of the part: the most evidence of any place."""
        return float(self.evidence.max())

    def at(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Mean scores at points, linear between vertices; 0 where no view tells."""
        total, weight = np.zeros(len(points)), np.zeros(len(points))
        for vertices, shares in Lattice(self.origin, self.cell, self.total.shape).corners(points):
            total += shares * self.total.reshape(-1)[vertices]
            weight += shares * self.weight.reshape(-1)[vertices]
        return np.where(weight > EMPTY, total / np.maximum(weight, EMPTY), 0.0)


def fuse(
    views: Sequence[ScoredSurface], places: NormalPlaces | None = None, resolution: int = RESOLUTION
) -> ScoreVolume:
    """What all views say of every place that any of them shows.

    What a view cannot see it says nothing of. A view counts by the angle at which it sees a place, not by how many of
    its pixels show it: a near camera is no better witness than a far one.

    Args:
        views: of one part, in one frame; at least one of them has a point
        places: how high normal views score where; None takes all places for alike
        resolution: cells along the longest side of what all views see

    Raises:
        ValueError: no view shows anything
    """
    lattice = lattice_around([view.points for view in views], resolution)
    total, weight, evidence = (np.zeros(lattice.size) for _ in range(3))
    for view in (on_lattice(view, lattice) for view in views):
        scale = np.ones(len(view.vertices)) if places is None else places.scale_at(lattice.positions(view.vertices))
        total[view.vertices] += view.weight * view.score
        weight[view.vertices] += view.weight
        evidence[view.vertices] += evidence_of(view, scale)
    grids = (array.reshape(lattice.shape) for array in (total, weight, evidence))
    return ScoreVolume(lattice.origin, lattice.cell, *grids)


def evidence_of(view: ViewOnLattice, scale: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """How much one view says against a place: its weight times log(1 + scaled score).

    Scores grow like odds, over several powers of ten, so their logarithms are what views add to each other: one
    enormous score, as a single wrong edge may have, does not stand for several views.

    Args:
        view: scores in standard units
        scale: of the scores at each vertex, see `place_scale`
    """
    return view.weight * np.log1p(scale * view.score)
