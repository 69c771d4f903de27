"""What one view says of the places that it shows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pad_nerfstudio.anomaly.fused.lattice import Lattice
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

RESOLUTION = 128
"""Cells of a lattice along its longest side."""
EMPTY = 1e-9
"""Shares and weights up to this are none."""


@dataclass(frozen=True, eq=False)
class ViewOnLattice:
    """Scores of the vertices near the surface that one view shows."""

    vertices: Int[np.ndarray, " m"]
    """Their flat numbers, each once."""
    score: Float[np.ndarray, " m"]
    """Weighted mean of the pixels around it."""
    weight: Float[np.ndarray, " m"]
    """How much it counts: the mean weight of these pixels, however many they are."""


def on_lattice(view: ScoredSurface, lattice: Lattice) -> ViewOnLattice:
    """A view's scores at the vertices around its points, each point by its share.

    Args:
        view: points in the lattice's frame; those outside of it are left out
        lattice: of places
    """
    corners = list(lattice.corners(view.points))
    shares = np.concatenate([share for _, share in corners])
    vertices, place = np.unique(np.concatenate([vertex for vertex, _ in corners]), return_inverse=True)
    share, weight, total = (
        np.bincount(place, shares * np.tile(values, len(corners)), len(vertices))
        for values in (np.ones(len(view.points)), view.weights, view.weights * view.values)
    )
    seen = share > EMPTY
    score = total[seen] / np.maximum(weight[seen], EMPTY)
    return ViewOnLattice(vertices[seen], score, weight[seen] / share[seen])
