"""From how much pairs differ to how odd each object is: the majority defines what is normal."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.odd_one_out.training_free.comparison import PairDifference

SHAPE_FLOOR, COLOR_FLOOR = 1.0, 3.0
"""Added to differences before ratios are taken: what silhouettes of half a pixel and noise of colours explain."""
COLOR_WEIGHT = 0.8
Pairs = Mapping[tuple[int, int], PairDifference]


def like_minded(count: int) -> int:
    """How many others at least are like a normal object, where anomalous ones are a strict minority of `count`."""
    return max(1, count - (count - 1) // 2 - 1)


def odd_scores(pairs: Pairs, count: int) -> Float[np.ndarray, " n"]:
    """Log-ratio of each object's differences to what is usual in the most alike half of the scene; 0 is normal.

    An object's difference is that from the neighbour up to which all should be like it (`like_minded`), so that
    anomalous neighbours do not count.
    """
    scores = np.zeros(count)
    if count < 2:
        return scores
    for kind, floor, weight in (("shape", SHAPE_FLOOR, 1.0), ("color", COLOR_FLOOR, COLOR_WEIGHT)):
        own = _consensus(_matrix(pairs, count, kind), like_minded(count))
        usual = np.median(np.sort(own)[: max(2, (count + 1) // 2)])
        scores += weight * np.log((own + floor) / (usual + floor))
    return scores


def differences(pairs: Pairs, count: int) -> Float[np.ndarray, "n n"]:
    """How much each two differ, against what is usual in the scene: log-ratios as in `odd_scores`, none negative."""
    total = np.zeros((count, count))
    if count < 2:
        return total
    for kind, floor, weight in (("shape", SHAPE_FLOOR, 1.0), ("color", COLOR_FLOOR, COLOR_WEIGHT)):
        matrix = _matrix(pairs, count, kind)
        usual = _consensus(matrix, 1).min()
        total += weight * np.log((matrix + floor) / (usual + floor))
    total[np.eye(count, dtype=bool)] = 0
    return np.maximum(total, 0.0)


def typical_neighbour(number: int, pairs: Pairs, count: int) -> int:
    """The neighbour from which an object's difference is taken, by shape and colour together."""
    row = differences(pairs, count)[number]
    row[number] = np.inf
    return int(np.argsort(row, kind="stable")[like_minded(count) - 1])


def _matrix(pairs: Pairs, count: int, kind: str) -> Float[np.ndarray, "n n"]:
    matrix = np.zeros((count, count))
    for (i, j), pair in pairs.items():
        matrix[i, j] = matrix[j, i] = getattr(pair, kind)
    return matrix


def _consensus(matrix: Float[np.ndarray, "n n"], rank: int) -> Float[np.ndarray, " n"]:
    """The `rank`-th smallest difference of each object from another."""
    beside = matrix[~np.eye(len(matrix), dtype=bool)].reshape(len(matrix), -1)
    return np.sort(beside, axis=1)[:, rank - 1]
