"""The majority defines what is normal."""

import numpy as np
import pytest

from pad_nerfstudio.odd_one_out.laid_upon.alignment import Alignment
from pad_nerfstudio.odd_one_out.laid_upon.comparison import PairDifference
from pad_nerfstudio.odd_one_out.laid_upon.consensus import like_minded, odd_scores


def pairs(shape: np.ndarray) -> dict[tuple[int, int], PairDifference]:
    pose = Alignment(np.eye(3), np.zeros(3), 0.0)
    none, color = np.zeros((0, 3)), np.ones(1)
    return {
        (i, j): PairDifference(pose, float(shape[i, j]), (color, color), np.zeros((2, 0, 3)), (none, none))
        for i in range(len(shape))
        for j in range(i + 1, len(shape))
    }


@pytest.mark.parametrize(("count", "expected"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
def test_a_normal_object_has_at_least_so_many_like_it(count: int, expected: int) -> None:
    most_anomalous = (count - 1) // 2
    assert like_minded(count) == max(1, expected) <= max(1, count - most_anomalous - 1)


def test_two_odd_ones_of_five_stand_out() -> None:
    shape = np.full((5, 5), 1.0)
    shape[3], shape[:, 3], shape[4], shape[:, 4] = 9.0, 9.0, 7.0, 7.0
    scores = odd_scores(pairs(shape), 5)
    np.testing.assert_allclose(scores[:3], 0.0, atol=1e-12)
    assert scores[3:].min() > 0.5


def test_permuting_objects_permutes_scores() -> None:
    draws = np.random.default_rng(0)
    shape = draws.uniform(0.5, 8.0, (6, 6))
    shape = shape + shape.T
    order = draws.permutation(6)
    np.testing.assert_allclose(odd_scores(pairs(shape[np.ix_(order, order)]), 6), odd_scores(pairs(shape), 6)[order])


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    np.testing.assert_array_equal(odd_scores({}, count), np.zeros(count))
