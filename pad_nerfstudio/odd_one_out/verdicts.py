"""Scores to verdicts, and what is said where there can be none: the rules that every scene-level method shares.

Objects are numbered from 1 in every sentence, in the order in which they are given, as in `objects.csv`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

NO_OBJECT = "no object was found: there is nothing to compare"
ONE_OBJECT = "one object only: there is nothing to compare it with, so it has no verdict"
AS_LARGE_AS_TWO = 1.6
"""Times the median of the others. Two touching instances are about 2; a bent or broken one rarely grows by half."""


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


def touching(bounds: Float[np.ndarray, "n 2 3"], gap: float = 0.0) -> list[tuple[int, int]]:
    """Pairs of objects whose boxes touch or overlap, lower number first.

    Args:
        bounds: least and greatest coordinates of each object
        gap: boxes that are no farther apart than this along every axis touch; in their units
    """
    apart = (bounds[:, None, 0] - bounds[None, :, 1] > gap) | (bounds[None, :, 0] - bounds[:, None, 1] > gap)
    return [(i, j) for i, j in np.argwhere(~apart.any(axis=-1)).tolist() if i < j]


def as_large_as_several(volumes: Float[np.ndarray, " n"]) -> list[int]:
    """Objects so much larger than the others that each may be several which touch and were found as one.

    Args:
        volumes: of the objects (or of their boxes), in any unit
    """
    if len(volumes) < 2:
        return []
    others = [float(np.median(np.delete(volumes, i))) for i in range(len(volumes))]
    return [i for i, (own, usual) in enumerate(zip(volumes, others, strict=True)) if own > AS_LARGE_AS_TWO * usual]


def contact_notes(
    bounds: Float[np.ndarray, "n 2 3"], volumes: Float[np.ndarray, " n"] | None = None, gap: float = 0.0
) -> tuple[str, ...]:
    """Sentences that name objects which touch or may be several; none where all stand apart.

    Args:
        bounds: least and greatest coordinates of each object
        volumes: of the objects; those of their boxes where not given, which tell less
        gap: see `touching`
    """
    sizes = np.prod(bounds[:, 1] - bounds[:, 0], axis=-1) if volumes is None else volumes
    found = [
        f"{in_words(pair)} touch, or nearly so: their boxes and verdicts are less sure"
        for pair in touching(bounds, gap)
    ]
    found += [
        f"object {number + 1} is as large as several others: it may be objects that touch, found as one"
        for number in as_large_as_several(sizes)
    ]
    return tuple(found)


def in_words(numbers: Sequence[int]) -> str:
    """`object 1`, `objects 1 and 3`, `objects 1, 2 and 4` of numbers that count from 0."""
    *front, last = (str(number + 1) for number in numbers)
    return f"objects {', '.join(front)} and {last}" if front else f"object {last}"
