"""From how much pairs differ to how odd each object is: the majority defines what is normal."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.odd_one_out.laid_upon.comparison import COLOR_FLOOR, PairDifference

CUES = {"shape": 0.6, "color": COLOR_FLOOR, "uncovered": 2.2}
"""Differences of pairs that count, all alike, and what is added to each before logarithms are taken: about what half a
pixel of silhouettes and the noise of colours explain."""
Pairs = Mapping[tuple[int, int], PairDifference]


def like_minded(count: int) -> int:
    """How many others at least are like a normal object, where anomalous ones are a strict minority of `count`."""
    return max(1, count - (count - 1) // 2 - 1)


def odd_scores(pairs: Pairs, count: int) -> Float[np.ndarray, " n"]:
    """Mean log-difference of each object from the others, less what is usual in the most alike half; 0 is normal.

    All others count, as a single pair is noise; in logarithms, so that one odd neighbour does not make a normal object
    odd.
    """
    scores = np.zeros(count)
    if count < 2:
        return scores
    for cue, floor in CUES.items():
        own = _beside(np.log(_matrix(pairs, count, cue) + floor)).mean(axis=1)
        scores += own - np.median(np.sort(own)[: max(2, (count + 1) // 2)])
    return scores


def differences(pairs: Pairs, count: int) -> Float[np.ndarray, "n n"]:
    """How much each two differ, against what is usual in the scene: sum of log-ratios of the cues, none negative."""
    total = np.zeros((count, count))
    if count < 2:
        return total
    for cue, floor in CUES.items():
        matrix = np.log(_matrix(pairs, count, cue) + floor)
        total += matrix - _beside(matrix).min()
    total[np.eye(count, dtype=bool)] = 0
    return np.maximum(total, 0.0)


def typical_neighbour(number: int, pairs: Pairs, count: int) -> int:
    """The neighbour up to which at least all should be like an object (`like_minded`): it speaks for the majority."""
    row = differences(pairs, count)[number]
    row[number] = np.inf
    return int(np.argsort(row, kind="stable")[like_minded(count) - 1])


def differing_part(number: int, pairs: Pairs, count: int) -> Float[np.ndarray, "n 3"]:
    """What differs from the neighbour that speaks for the majority: what the object has, and what it lacks.

    World points; at least two objects.
    """
    other = typical_neighbour(number, pairs, count)
    pair = pairs[number, other] if number < other else pairs[other, number].swapped()
    return np.concatenate([pair.differing[0], pair.alignment.inverse().moved(pair.differing[1])])


def _matrix(pairs: Pairs, count: int, cue: str) -> Float[np.ndarray, "n n"]:
    matrix = np.zeros((count, count))
    for (i, j), pair in pairs.items():
        matrix[i, j] = matrix[j, i] = getattr(pair, cue)
    return matrix


def _beside(matrix: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n m"]:
    """What lies beside the diagonal: of each object, the others."""
    return matrix[~np.eye(len(matrix), dtype=bool)].reshape(len(matrix), -1)
