"""Scores to verdicts, and what is said where there can be none: the rules that every scene-level method shares.

Objects are numbered from 1 in every sentence, in the order in which they are given, as in `objects.csv`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import KDTree
from scipy.spatial.distance import squareform

NO_OBJECT = "no object was found: there is nothing to compare"
ONE_OBJECT = "one object only: there is nothing to compare it with, so it has no verdict"
AS_LARGE_AS_TWO = 1.6
"""Times the median volume of the others. Two touching instances are about 2; an odd one rarely grows by half."""
MUCH = 1 / 3
"""Share of the smaller of two boxes. In the published sample, whose bananas lie apart, it is an eighth at most."""


@dataclass(frozen=True)
class Verdicts:
    """What is said of each object of a scene, in the order in which they were given."""

    scores: tuple[float | None, ...]
    """The scores as given; None where there is no verdict."""
    is_anomalous: tuple[bool | None, ...]
    """Whether it is not like the others; None where that cannot be told."""
    notes: tuple[str, ...]
    """Why there is no verdict, a sentence for the reader."""


def verdicts(
    scores: Float[np.ndarray, " n"],
    threshold: float,
    differences: Float[np.ndarray, "n n"] | None = None,
    alike_below: float | None = None,
) -> Verdicts:
    """Verdicts on the objects of one scene.

    No verdict is given on a single object, which has no neighbours, nor between two equal groups, of which neither is
    the majority that defines normal (Bhunia et al., section 4.4, figure 6 c).

    Args:
        scores: of each object, higher is less like the others
        threshold: what lies above it is anomalous
        differences: how much each two objects differ, symmetric; without it, equal groups are not looked for
        alike_below: of `differences`: objects that differ by less are of one group; the threshold where not given

    Raises:
        ValueError: a score or a difference is not finite
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores are not finite")
    if len(scores) < 2:
        return Verdicts((None,) * len(scores), (None,) * len(scores), (ONE_OBJECT if len(scores) else NO_OBJECT,))
    groups = None
    if differences is not None:
        groups = two_equal_groups(differences, threshold if alike_below is None else alike_below)
    if groups is not None:
        note = (
            f"two equal groups, {in_words(groups[0])} and {in_words(groups[1])}: which of them is normal cannot be "
            "told, so none has a verdict"
        )
        return Verdicts((None,) * len(scores), (None,) * len(scores), (note,))
    return Verdicts(tuple(map(float, scores)), tuple(bool(score > threshold) for score in scores), ())


def two_equal_groups(
    differences: Float[np.ndarray, "n n"], alike_below: float
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The two groups into which objects fall where these are of one size and there is no third; else None.

    Groups are merged by their mean difference (average linkage) for as long as that is below `alike_below`.

    Args:
        differences: how much each two objects differ, symmetric; the diagonal is not read
        alike_below: objects that differ by less are of one group

    Raises:
        ValueError: a difference is not finite, negative, or not the same both ways
    """
    count = len(differences)
    if count < 2 or count % 2:
        return None
    beside = differences[~np.eye(count, dtype=bool)]
    if not np.isfinite(beside).all() or (beside < 0).any() or not np.allclose(differences, differences.T):
        raise ValueError("differences are not finite, not negative and symmetric")
    condensed = squareform(np.where(np.eye(count, dtype=bool), 0.0, differences), checks=False)
    numbers = fcluster(linkage(condensed, method="average"), alike_below, criterion="distance")
    if numbers.max() != 2 or np.count_nonzero(numbers == 1) != count // 2:
        return None
    first = tuple(np.flatnonzero(numbers == numbers[0]).tolist())
    return first, tuple(np.flatnonzero(numbers != numbers[0]).tolist())


def overlapping(bounds: Float[np.ndarray, "n 2 3"]) -> list[tuple[int, int]]:
    """Pairs of objects whose boxes share much of the smaller one, lower number first.

    Boxes along the world's axes around slanting objects that lie apart may share a little.

    Args:
        bounds: least and greatest coordinates of each object
    """
    shared = np.minimum(bounds[:, None, 1], bounds[None, :, 1]) - np.maximum(bounds[:, None, 0], bounds[None, :, 0])
    volumes = np.prod(bounds[:, 1] - bounds[:, 0], axis=-1)
    much = np.clip(shared, 0.0, None).prod(axis=-1) > MUCH * np.minimum(volumes[:, None], volumes[None])
    return [(i, j) for i, j in np.argwhere(much).tolist() if i < j]


def touching(points: Sequence[Float[np.ndarray, "_ 3"]], gap: float) -> list[tuple[int, int]]:
    """Pairs of objects that come as close as `gap`, lower number first.

    Args:
        points: on or in each object, no farther apart than `gap`
        gap: in the unit of the points
    """
    trees = [KDTree(each) if len(each) else None for each in points]
    return [
        (i, j)
        for (i, first), (j, second) in combinations(enumerate(trees), 2)
        if first is not None and second is not None and first.count_neighbors(second, gap) > 0
    ]


def as_large_as_several(volumes: Float[np.ndarray, " n"]) -> list[int]:
    """Objects so much larger than the others that each may be several which touch and were found as one.

    Args:
        volumes: of the objects, not of their boxes, which grow and shrink as an object turns; in any unit
    """
    if len(volumes) < 2:
        return []
    others = [float(np.median(np.delete(volumes, i))) for i in range(len(volumes))]
    return [i for i, (own, usual) in enumerate(zip(volumes, others, strict=True)) if own > AS_LARGE_AS_TWO * usual]


def contact_notes(
    bounds: Float[np.ndarray, "n 2 3"],
    volumes: Float[np.ndarray, " n"] | None = None,
    points: Sequence[Float[np.ndarray, "_ 3"]] | None = None,
    gap: float = 0.0,
) -> tuple[str, ...]:
    """Sentences that name objects which touch or may be several; none where all stand apart.

    Args:
        bounds: least and greatest coordinates of each object
        volumes: of the objects, in any unit: those much larger than others are named; boxes tell too little of that
        points: on or in each object: those that touch are named; else those whose boxes share much
        gap: objects whose points come so close touch; in their unit
    """
    if points is not None:
        found = [f"{in_words(pair)} touch: their boxes and verdicts are unsure" for pair in touching(points, gap)]
    else:
        found = [f"{in_words(pair)} may touch: their boxes overlap widely" for pair in overlapping(bounds)]
    if volumes is not None:
        found += [
            f"object {number + 1} is as large as several others: it may be objects that touch, found as one"
            for number in as_large_as_several(volumes)
        ]
    return tuple(found)


def in_words(numbers: Sequence[int]) -> str:
    """`object 1`, `objects 1 and 3`, `objects 1, 2 and 4` of numbers that count from 0."""
    *front, last = (str(number + 1) for number in numbers)
    return f"objects {', '.join(front)} and {last}" if front else f"object {last}"
