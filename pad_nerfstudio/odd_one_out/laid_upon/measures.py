"""How much two objects differ, as a few numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.odd_one_out.laid_upon.alignment import Alignment, signed_distances
from pad_nerfstudio.odd_one_out.laid_upon.comparison import COLOR_FLOOR, PairDifference, SeenObject

FLOORS = {"shape": 0.6, "uncovered": 2.2, "far": 0.002, "apart": 0.002, "color": COLOR_FLOOR, "colors": COLOR_FLOOR}
"""The measures, and what is added to each before logarithms are taken: about what pixels and voxels explain. `far` and
`apart` are distances of one surface from the other, in world units: of nearly all places and their mean; `color` and
`colors` differences in colour: of most places and their mean. For `shape` and `uncovered` see `PairDifference`."""
NEARLY_ALL, MOST = 0.97, 0.9
UNSEEN = 10.0
"""Difference in colour of objects of which no place is seen on both."""


def pair_measures(first: SeenObject, second: SeenObject, pair: PairDifference) -> Float[np.ndarray, " measures"]:
    """What `FLOORS` names, each the mean of both directions."""
    distances = [
        _distances(one, other, pose)
        for one, other, pose in ((first, second, pair.alignment), (second, first, pair.alignment.inverse()))
    ]
    colors = [one if len(one) else np.full(1, UNSEEN) for one in pair.colors]
    both = [
        [np.quantile(d, NEARLY_ALL) for d in distances],
        [d.mean() for d in distances],
        [np.quantile(c, MOST) for c in colors],
        [c.mean() for c in colors],
    ]
    return np.array([pair.shape, pair.uncovered, *np.mean(both, axis=1)])


def measures_of(
    seen: Sequence[SeenObject], pairs: Mapping[tuple[int, int], PairDifference]
) -> Float[np.ndarray, "n n measures"]:
    """Logarithms of the measures of all pairs, floors added; 0 for an object and itself."""
    floors = np.array(list(FLOORS.values()))
    found = np.zeros((len(seen), len(seen), len(floors)))
    for (i, j), pair in pairs.items():
        found[i, j] = found[j, i] = np.log(pair_measures(seen[i], seen[j], pair) + floors)
    return found


def _distances(one: SeenObject, other: SeenObject, pose: Alignment) -> Float[np.ndarray, " n"]:
    """Of the places of an object that photos show from another's surface; of all places where they show none."""
    surface = one.shape.surface
    shown = surface[one.seen] if one.seen.any() else surface
    return np.abs(signed_distances(shown, pose, other.shape))
