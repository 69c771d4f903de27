"""How much two objects of a scene differ, and where."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.odd_one_out.training_free.alignment import (
    Alignment,
    PixelCounter,
    align,
    in_common,
    signed_distances,
)
from pad_nerfstudio.odd_one_out.training_free.appearance import color_differences, surface_colors
from pad_nerfstudio.odd_one_out.training_free.instances import Instance
from pad_nerfstudio.odd_one_out.training_free.photos import Photos, project
from pad_nerfstudio.odd_one_out.training_free.shape import Shape, shape_of

SEARCH_VIEWS = 7
"""Views that judge poses; more tell them apart no better."""
QUANTILES = (0.9, 0.97, 0.995)
"""Of the differences in colour, whose mean is taken for the pair: a defect is small, noise is everywhere."""
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
    color: float
    """Difference in colour of the places that differ most, in units of CIE L*a*b*."""
    matches: Float[np.ndarray, "2 n 3"]
    """World points that were compared, of the first object and of the second."""
    differing: tuple[Float[np.ndarray, "_ 3"], Float[np.ndarray, "_ 3"]]
    """World points of the first object, and of the second, that the other one lacks or has in another colour."""

    def swapped(self) -> "PairDifference":
        """The same, seen from the second object."""
        return PairDifference(
            self.alignment.inverse(),
            self.shape,
            self.color,
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
    alignment = align((first.shape, first.search), (second.shape, second.search))
    pair = [(o.shape, o.colors, o.seen) for o in (first, second)]
    forth, here, there = color_differences(pair[0], pair[1], alignment)
    back, there_too, _ = color_differences(pair[1], pair[0], alignment.inverse())
    color = float(np.mean([np.quantile(d, QUANTILES).mean() if len(d) else 0.0 for d in (forth, back)]))
    lacking = [
        _uncovered(one, other, pose, photos)
        for one, other, pose in ((first, second, alignment), (second, first, alignment.inverse()))
    ]
    differing = (
        np.concatenate([lacking[0][1], here[forth > CLEARLY_OTHER]]),
        np.concatenate([lacking[1][1], there_too[back > CLEARLY_OTHER]]),
    )
    shape = 50 * (lacking[0][0] + lacking[1][0])
    return PairDifference(alignment, shape, color, np.stack([here, there]), differing)


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
