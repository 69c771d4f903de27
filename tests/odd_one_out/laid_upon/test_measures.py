"""Numbers of how much two objects differ."""

import numpy as np

from pad_nerfstudio.odd_one_out.laid_upon.alignment import Alignment
from pad_nerfstudio.odd_one_out.laid_upon.comparison import PairDifference
from pad_nerfstudio.odd_one_out.laid_upon.measures import FLOORS, UNSEEN, measures_of, pair_measures
from tests.odd_one_out.laid_upon.blocks import STEP, seen_block

NONE = np.zeros((0, 3))


def pair(shift: float, colors: tuple[np.ndarray, np.ndarray]) -> PairDifference:
    pose = Alignment(np.eye(3), np.array([shift, 0.0, 0.0]), 0.25)
    return PairDifference(pose, 3.0, colors, np.zeros((2, 0, 3)), (NONE, NONE))


def named(found: np.ndarray) -> dict[str, float]:
    return dict(zip(FLOORS, found.tolist(), strict=True))


def test_distances_are_those_of_surfaces_and_colors_the_means_of_both_directions() -> None:
    block = seen_block()
    same = named(pair_measures(block, block, pair(0.0, (np.zeros(5), np.full(5, 4.0)))))
    assert same["shape"] == 3.0 and same["uncovered"] == 25.0
    assert same["color"] == same["colors"] == 2.0
    # the middles of surface voxels lie half a voxel within
    assert abs(same["apart"] - STEP / 2) < 1e-6 and abs(same["far"] - STEP / 2) < 1e-6
    moved = named(pair_measures(block, block, pair(0.03, (np.zeros(5), np.zeros(5)))))
    assert abs(moved["far"] - 0.03) < 2 * STEP and moved["far"] > moved["apart"] > same["apart"]


def test_objects_of_which_no_place_is_seen_on_both_are_not_alike() -> None:
    block = seen_block()
    assert named(pair_measures(block, block, pair(0.0, (np.zeros(0), np.zeros(0)))))["color"] == UNSEEN


def test_pairs_count_both_ways_in_logarithms() -> None:
    block = seen_block()
    one = pair(0.0, (np.full(3, 1.0), np.full(3, 1.0)))
    found = measures_of([block, block, block], {(0, 2): one})
    assert found.shape == (3, 3, len(FLOORS)) and not found[0, 1].any() and not found[1].any()
    np.testing.assert_array_equal(found[0, 2], found[2, 0])
    expected = np.log(pair_measures(block, block, one) + np.array(list(FLOORS.values())))
    np.testing.assert_allclose(found[0, 2], expected)
