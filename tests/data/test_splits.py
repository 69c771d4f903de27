import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pad_nerfstudio.data.splits import held_out, subset
from pad_nerfstudio.errors import UserError
from tests.mad_class_factory import rig


def test_the_rig_gives_from_every_ring_and_nearly_every_azimuth() -> None:
    indices = held_out(14 * 15, 0.1)
    assert len(indices) == 21
    assert set(indices // 15) == set(range(14))
    assert len(set(indices % 15)) >= 12


@given(st.integers(2, 500), st.floats(0.001, 0.999))
def test_held_out_views_are_distinct_sorted_and_never_all(n: int, fraction: float) -> None:
    indices = held_out(n, fraction)
    assert 1 <= len(indices) < n
    assert abs(len(indices) - n * fraction) <= 1
    assert (np.diff(indices) > 0).all() and 0 <= indices[0] and indices[-1] < n
    assert np.diff(indices, prepend=0, append=n).max() <= 2 * np.ceil(n / len(indices))
    np.testing.assert_array_equal(indices, held_out(n, fraction))


def test_nothing_is_held_out_at_zero() -> None:
    assert len(held_out(10, 0.0)) == 0
    assert len(held_out(1, 0.0)) == 0


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_impossible_fractions_name_the_option(fraction: float) -> None:
    with pytest.raises(UserError, match="--eval-fraction is .*; give a share from 0"):
        held_out(10, fraction)


def test_a_single_view_cannot_be_held_out() -> None:
    with pytest.raises(UserError, match="--eval-fraction 0"):
        held_out(1, 0.1)


def slow_subset(centres: np.ndarray, k: int) -> list[int]:
    chosen = [0]
    while len(chosen) < k:
        rest = [i for i in range(len(centres)) if i not in chosen]
        chosen.append(max(rest, key=lambda i: min(np.linalg.norm(centres[i] - centres[j]) for j in chosen)))
    return sorted(chosen)


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_the_subset_is_the_greedy_farthest_one(k: int, seed: int) -> None:
    centres = np.random.default_rng(seed).normal(size=(12, 3))
    assert subset(centres, k).tolist() == slow_subset(centres, k)


def test_a_smaller_subset_is_part_of_a_larger_one_and_sees_all_sides() -> None:
    centres = rig()[:, :3, 3]
    eight = subset(centres, 8)
    assert set(eight) < set(subset(centres, 20))
    assert (centres[eight].min(axis=0) < -2).all() and (centres[eight].max(axis=0) > 2).all()


def test_cameras_at_one_place_are_chosen_once_each() -> None:
    assert subset(np.zeros((4, 3)), 4).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("k", [0, -1, 13])
def test_impossible_numbers_name_the_option(k: int) -> None:
    with pytest.raises(UserError, match=f"--train-views is {k}, but there are 12 views"):
        subset(np.zeros((12, 3)), k)
