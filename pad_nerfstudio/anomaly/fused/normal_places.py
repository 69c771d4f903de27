"""How high normal views score at each place of the object."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from pad_nerfstudio.anomaly.fused.lattice import Lattice, lattice_around
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface
from pad_nerfstudio.anomaly.fused.view_on_lattice import EMPTY, RESOLUTION, ViewOnLattice, on_lattice
from pad_nerfstudio.files import written_aside

SMOOTHING = 1.5
"""Standard deviation of the smoothing over neighbouring places, in cells."""
MARGIN = 3
"""Cells around what held-out views see, in which parts may still have surface."""
PRIOR = 0.2
"""Weight of the mean over all places, of which a view from straight ahead has 1."""


@dataclass(frozen=True, eq=False)
class NormalPlaces:
    """Scores of held-out normal views, gathered on the surface.

    A field is wrong at the same places in all photos, so that what one of them shows there is confirmed by the others:
    only normal views tell it from a defect.
    """

    lattice: Lattice
    """Around what these views see."""
    total: Float[np.ndarray, " vertices"]
    """Sum over views of weights times scores, smoothed."""
    weight: Float[np.ndarray, " vertices"]
    """Sum of the weights, smoothed."""
    mean: float
    """Of the scores over all places."""

    def scale_at(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """What scores at points are to be multiplied with, see `place_scale`; 1 where these views saw nothing."""
        total, weight = np.zeros(len(points)), np.zeros(len(points))
        for vertices, shares in self.lattice.corners(points):
            total += shares * self.total[vertices]
            weight += shares * self.weight[vertices]
        return place_scale(total, weight, self.mean)

    def save(self, path: Path, fingerprint: str) -> None:
        """Write a NumPy archive, marked by what these places were learnt from."""
        arrays = {"origin": self.lattice.origin, "cell": self.lattice.cell, "shape": self.lattice.shape}
        sums = {"total": self.total.astype(np.float32), "weight": self.weight.astype(np.float32), "mean": self.mean}
        with written_aside(path) as aside, aside.open("wb") as file:
            np.savez_compressed(file, fingerprint=fingerprint, **arrays, **sums)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> "NormalPlaces | None":
        """What `save` wrote; None where there is nothing, or something else."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                if str(kept["fingerprint"]) != fingerprint:
                    return None
                lattice = Lattice(kept["origin"], float(kept["cell"]), tuple(kept["shape"].tolist()))
                return cls(lattice, kept["total"], kept["weight"], float(kept["mean"]))
        except (OSError, ValueError, KeyError, BadZipFile):
            return None


def place_scale(
    total: Float[np.ndarray, " n"], weight: Float[np.ndarray, " n"], mean: float
) -> Float[np.ndarray, " n"]:
    """1 where normal views score as high as everywhere, less where they score higher, at most 2.

    Args:
        total: of weights times scores
        weight: of weights
        mean: score over all places; where it is 0, there is nothing to go by
    """
    if mean <= 0:
        return np.ones_like(weight)
    expected = (total + PRIOR * mean) / (weight + PRIOR)
    return 2.0 * mean / np.maximum(expected + mean, EMPTY)


def normal_places(views: Sequence[ScoredSurface], resolution: int = RESOLUTION) -> NormalPlaces | None:
    """What held-out views teach of places; None where they show nothing.

    Args:
        views: normal views that no fit has seen, in one frame
        resolution: cells along the longest side of what they see
    """
    if not any(len(view.points) for view in views):
        return None
    lattice = lattice_around([view.points for view in views], resolution, MARGIN)
    placed = [on_lattice(view, lattice) for view in views]
    total, weight = (sum(arrays) for arrays in zip(*(smoothed(view, lattice) for view in placed), strict=True))
    return NormalPlaces(lattice, np.asarray(total), np.asarray(weight), mean_score(placed))


def places_without_each(places: NormalPlaces, views: Sequence[ScoredSurface]) -> Iterator[NormalPlaces]:
    """For every view what the others teach of places, on the lattice of all; one after the other, as each takes 16 MB.

    Args:
        places: what all of them teach
        views: those of `normal_places`
    """
    placed = [on_lattice(view, places.lattice) for view in views]
    for index, view in enumerate(placed):
        total, weight = smoothed(view, places.lattice)
        rest = np.maximum(places.total - total, 0.0), np.maximum(places.weight - weight, 0.0)
        yield NormalPlaces(places.lattice, *rest, mean_score(placed[:index] + placed[index + 1 :]))


def mean_score(views: Sequence[ViewOnLattice]) -> float:
    """The weighted mean over all places and views; 0 where nothing is seen."""
    weight = sum(float(view.weight.sum()) for view in views)
    return sum(float((view.weight * view.score).sum()) for view in views) / max(weight, EMPTY)


def smoothed(
    view: ViewOnLattice, lattice: Lattice
) -> tuple[Float[np.ndarray, " vertices"], Float[np.ndarray, " vertices"]]:
    """Weights times scores, and weights, of one view, each smoothed over the lattice."""
    found = []
    for values in (view.weight * view.score, view.weight):
        grid = np.zeros(lattice.size, np.float32)
        grid[view.vertices] = values
        found.append(ndimage.gaussian_filter(grid.reshape(lattice.shape), SMOOTHING, truncate=2.5).reshape(-1))
    return found[0], found[1]
