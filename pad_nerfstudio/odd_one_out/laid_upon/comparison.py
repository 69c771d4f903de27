"""How much two objects of a scene differ, and where."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.odd_one_out.laid_upon.alignment import (
    Alignment,
    PixelCounter,
    alignments,
    in_common,
    signed_distances,
)
from pad_nerfstudio.odd_one_out.laid_upon.appearance import ColorDifferences, color_differences, surface_colors
from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos
from pad_nerfstudio.odd_one_out.laid_upon.shape import Shape, shape_of
from pad_nerfstudio.odd_one_out.projection import project

SEARCH_VIEWS = 7
"""Views that judge poses; more tell them apart no better."""
QUANTILE = 0.97
"""Of the differences in colour, which is taken for the pair: a defect is small, noise is everywhere."""
UNSURE = 0.05
"""Silhouettes that are uncovered by so much more do not speak against a pose."""
UNCOVERED_FLOOR, COLOR_FLOOR = 0.02, 1.6
"""Added to the share of uncovered pixels and to the difference in colour before poses are judged by their product."""
CLEARLY_OTHER = 10.0
"""Difference in colour of a place that is shown as different."""


@dataclass(frozen=True, eq=False)
class SeenObject:
    """An object with all that comparing needs."""

    instance: Instance
    shape: Shape
    colors: Float[np.ndarray, "n 3"]
    """CIE L*a*b* of the shape's surface."""
    seen: Bool[np.ndarray, " n"]
    """Which of them are known."""
    search: PixelCounter
    """Pixels in a few views, to judge poses by."""


@dataclass(frozen=True, eq=False)
class PairDifference:
    """What two objects differ in."""

    alignment: Alignment
    """First upon second."""
    shape: float
    """Percent of both objects' pixels, rims left out, that their common volume leaves uncovered."""
    colors: tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]
    """Differences in colour of the places of the first object, and of the second, that both show; in units of CIE
    L*a*b*."""
    matches: Float[np.ndarray, "2 n 3"]
    """World points that were compared, of the first object and of the second."""
    differing: tuple[Float[np.ndarray, "_ 3"], Float[np.ndarray, "_ 3"]]
    """World points of the first object, and of the second, that the other one lacks or has in another colour."""

    @property
    def color(self) -> float:
        """Difference in colour of nearly all places that both show; 0 where there are none."""
        return _color_cost(self.colors)

    @property
    def uncovered(self) -> float:
        """Percent of both objects' pixels in the views that judge poses, rims included, that stay uncovered."""
        return 100 * self.alignment.uncovered

    def swapped(self) -> "PairDifference":
        """The same, seen from the second object."""
        return PairDifference(
            self.alignment.inverse(),
            self.shape,
            (self.colors[1], self.colors[0]),
            self.matches[::-1].copy(),
            (self.differing[1], self.differing[0]),
        )


def see(instance: Instance, photos: Photos, seed: int) -> SeenObject:
    """What comparing needs to know of an object."""
    shape = shape_of(instance, seed)
    views = np.unique(np.linspace(0, len(photos.lab) - 1, min(SEARCH_VIEWS, len(photos.lab))).astype(int))
    return SeenObject(instance, shape, *surface_colors(shape, instance, photos), PixelCounter(instance, photos, views))


def compare(first: SeenObject, second: SeenObject, photos: Photos) -> PairDifference:
    """Lay the first object upon the second and see what the two do not share."""
    alignment, color = _most_alike(first, second)
    lacking = [
        _uncovered(one, other, pose, photos)
        for one, other, pose in ((first, second, alignment), (second, first, alignment.inverse()))
    ]
    (forth, here, there), (back, there_too, _) = color
    differing = (
        np.concatenate([lacking[0][1], here[forth > CLEARLY_OTHER]]),
        np.concatenate([lacking[1][1], there_too[back > CLEARLY_OTHER]]),
    )
    shape = 50 * (lacking[0][0] + lacking[1][0])
    return PairDifference(alignment, shape, (forth, back), np.stack([here, there]), differing)


def _most_alike(first: SeenObject, second: SeenObject) -> tuple[Alignment, tuple[ColorDifferences, ColorDifferences]]:
    """Of the poses that silhouettes cannot tell apart, the one under which colours are most alike, and these.

    An object that is nearly symmetric fits as well the wrong way round, but for what is painted on it.
    """
    (a, b) = ((o.shape, o.colors, o.seen) for o in (first, second))
    poses = alignments((first.shape, first.search), (second.shape, second.search))
    colors, costs = [], []
    poses = [pose for pose in poses if pose.uncovered <= poses[0].uncovered + UNSURE]
    for pose in poses:
        forth, back = color_differences(a, b, pose), color_differences(b, a, pose.inverse())
        colors.append((forth, back))
        costs.append((pose.uncovered + UNCOVERED_FLOOR) * (_color_cost((forth[0], back[0])) + COLOR_FLOOR))
    best = int(np.argmin(costs))
    return poses[best], colors[best]


def _color_cost(colors: tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]) -> float:
    return float(np.mean([float(np.quantile(d, QUANTILE)) if len(d) else 0.0 for d in colors]))


def _uncovered(
    one: SeenObject, other: SeenObject, pose: Alignment, photos: Photos
) -> tuple[float, Float[np.ndarray, "n 3"]]:
    """Share of an object's pixels, rims left out, that what it has in common with another leaves uncovered.

    And the places of its surface outside of the other where that is so.
    """
    common = in_common(one.shape.coarse, pose, other.shape)
    counter = PixelCounter(one.instance, photos, np.arange(len(photos.lab)))
    missing = counter.missing(common, one.shape.step)
    surface = one.shape.surface
    height, width = missing.shape[1:]
    shown = np.zeros(len(surface), bool)
    for view, projection in enumerate(photos.projections):
        pixels, depth = project(surface, projection)
        cell = np.rint(pixels).astype(int)
        inside = (depth > 0) & (cell >= 0).all(1) & (cell < (width, height)).all(1)
        shown[inside] |= missing[view, cell[inside, 1], cell[inside, 0]]
    share = float(missing.sum()) / counter.total
    return share, surface[shown & (signed_distances(surface, pose, other.shape) > one.shape.step)]
