"""Agreement of boxes against counting of points, and matches against trying all."""

import itertools

import numpy as np
import pytest

from pad_nerfstudio.odd_one_out.box_iou import box_iou, matched_boxes


def random_boxes(count: int, seed: int) -> np.ndarray:
    """Boxes in the unit cube, none thinner than a fifth."""
    random = np.random.default_rng(seed)
    least = random.uniform(0.0, 0.5, (count, 3))
    return np.stack([least, least + random.uniform(0.2, 0.5, (count, 3))], axis=1)


def sampled_iou(first: np.ndarray, second: np.ndarray, points: np.ndarray) -> float:
    """The slow obvious way: of the points in either box, the share in both."""
    inside = [((points >= box[0]) & (points <= box[1])).all(axis=1) for box in (first, second)]
    return float((inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum())


def test_agreement_is_what_counting_points_says() -> None:
    first, second = random_boxes(4, 0), random_boxes(5, 1)
    points = np.random.default_rng(2).random((200_000, 3))
    slow = [[sampled_iou(a, b, points) for b in second] for a in first]
    np.testing.assert_allclose(box_iou(first, second), slow, atol=0.01)


def test_agreement_by_hand() -> None:
    cube = np.array([[[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]])
    moved, apart = cube + np.array([1.0, 0.0, 0.0]), cube + np.array([0.0, 0.0, 2.5])
    assert box_iou(cube, np.concatenate([cube, moved, apart])).tolist() == [[1.0, pytest.approx(1 / 3), 0.0]]
    flat = cube * np.array([1.0, 1.0, 0.0])
    assert box_iou(flat, flat).tolist() == [[0.0]]
    assert box_iou(np.zeros((0, 2, 3)), cube).shape == (0, 1)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 4), (4, 2)])
def test_matches_have_the_greatest_sum(n: int, m: int) -> None:
    for seed in range(20):
        iou = np.random.default_rng(seed).random((n, m))
        few, many = (iou, range(m)) if n <= m else (iou.T, range(n))
        best = max(sum(few[i, j] for i, j in enumerate(p)) for p in itertools.permutations(many, min(n, m)))
        pairs = matched_boxes(iou)
        assert sum(iou[i, j] for i, j in pairs) == pytest.approx(best) and len(pairs) == min(n, m)


def test_boxes_that_do_not_overlap_are_no_match() -> None:
    assert matched_boxes(np.array([[0.0, 0.4], [0.0, 0.0]])) == [(0, 1)]
    assert matched_boxes(np.zeros((0, 3))) == []
