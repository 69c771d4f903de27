"""Who gets a verdict, who gets none, and what is said then."""

import numpy as np
import pytest

from pad_nerfstudio.odd_one_out.verdicts import (
    as_large_as_several,
    contact_notes,
    in_words,
    overlapping,
    touching,
    two_equal_groups,
    verdicts,
)


def differences_of(groups: list[int], apart: float = 1.0, noise: float = 0.1) -> np.ndarray:
    """A symmetric matrix: `noise` and less within a group, about `apart` between groups."""
    random = np.random.default_rng(0).uniform(0.5, 1.0, (len(groups), len(groups)))
    random = (random + random.T) / 2
    same = np.equal.outer(groups, groups)
    return np.where(same, noise * random, apart * (1 + 0.1 * random)) * (1 - np.eye(len(groups)))


def test_what_lies_above_the_threshold_is_anomalous() -> None:
    found = verdicts(np.array([0.2, 3.0, 1.0]), threshold=1.0)
    assert found.is_anomalous == (False, True, False) and found.scores == (0.2, 3.0, 1.0) and not found.notes


def test_one_object_and_none_have_no_verdict() -> None:
    alone, empty = verdicts(np.array([5.0]), 1.0), verdicts(np.zeros(0), 1.0)
    assert alone.is_anomalous == (None,) and alone.scores == (None,) and "one object only" in alone.notes[0]
    assert empty.is_anomalous == () and "no object" in empty.notes[0]


@pytest.mark.parametrize("groups", [[0, 1], [0, 1, 0, 1], [0, 0, 1, 1, 1, 0]])
def test_two_equal_groups_have_no_verdict(groups: list[int]) -> None:
    found = verdicts(np.linspace(0, 2, len(groups)), 1.0, differences_of(groups), alike_below=0.5)
    assert set(found.is_anomalous) == {None} and set(found.scores) == {None}
    assert found.notes[0].startswith("two equal groups, object") and "cannot be told" in found.notes[0]


@pytest.mark.parametrize("groups", [[0, 0], [0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 2], [0, 0, 0, 0, 1, 1], [0, 1, 2, 3]])
def test_a_majority_or_several_odd_ones_are_no_equal_groups(groups: list[int]) -> None:
    assert two_equal_groups(differences_of(groups), 0.5) is None
    assert None not in verdicts(np.ones(len(groups)), 0.5, differences_of(groups)).is_anomalous


def test_equal_groups_do_not_depend_on_the_order() -> None:
    groups = np.array([0, 0, 1, 1, 1, 0])
    for order in np.random.default_rng(1).permutation(np.tile(np.arange(6), (10, 1)), axis=0):
        found = two_equal_groups(differences_of(groups[order].tolist()), 0.5)
        assert found is not None and 0 in found[0]
        assert all(len(set(groups[order][list(group)])) == 1 for group in found)


def test_figures_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="scores"):
        verdicts(np.array([np.nan, 1.0]), 1.0)
    uneven = differences_of([0, 1])
    uneven[0, 1] += 1.0
    for broken in (uneven, -differences_of([0, 1]), differences_of([0, 1]) * np.nan):
        with pytest.raises(ValueError, match="differences"):
            two_equal_groups(broken, 0.5)


def row_of_boxes(*starts: float) -> np.ndarray:
    """Unit cubes along x."""
    return np.array([[[x, 0.0, 0.0], [x + 1.0, 1.0, 1.0]] for x in starts])


def test_boxes_overlap_where_they_share_much_of_the_smaller() -> None:
    assert overlapping(row_of_boxes(0.0, 0.5, 1.4)) == [(0, 1)]
    assert overlapping(row_of_boxes(0.0, 1.0, 2.5)) == [] == overlapping(np.zeros((0, 2, 3)))
    inside = row_of_boxes(0.0, 0.0)
    inside[1] *= 0.2
    assert overlapping(inside) == [(0, 1)]


def test_objects_touch_where_their_points_come_close() -> None:
    first, second, third = (np.array([[x, 0.0, 0.0], [x + 1.0, 0.0, 0.0]]) for x in (0.0, 1.1, 3.0))
    assert touching([first, second, third], gap=0.15) == [(0, 1)]
    assert touching([third, first, second], gap=1.0) == [(0, 2), (1, 2)]
    assert touching([first, np.zeros((0, 3))], gap=9.0) == []


def test_two_that_were_found_as_one_are_noticed() -> None:
    assert as_large_as_several(np.array([1.0, 2.0])) == [1]
    assert as_large_as_several(np.array([1.0, 1.1, 0.9, 2.1])) == [3]
    assert as_large_as_several(np.array([1.0, 0.5, 1.1])) == [] == as_large_as_several(np.array([3.0]))


def test_contacts_are_named() -> None:
    apart, close = row_of_boxes(0.0, 2.0, 4.0), row_of_boxes(0.0, 2.0, 2.5)
    assert contact_notes(apart) == () and contact_notes(apart, volumes=np.array([1.0, 0.9, 1.3])) == ()
    assert contact_notes(close) == ("objects 2 and 3 may touch: their boxes overlap widely",)
    first, second = contact_notes(apart, np.array([1.0, 0.9, 2.2]), list(apart), gap=2.0)[:2]
    assert first.startswith("objects 1 and 2 touch: their boxes")
    assert contact_notes(close, np.array([1.0, 0.9, 2.2]), list(close), gap=0.1) == (
        "object 3 is as large as several others: it may be objects that touch, found as one",
    )


def test_numbers_in_words_count_from_one() -> None:
    assert [in_words(n) for n in ([0], [0, 2], [0, 1, 3])] == ["object 1", "objects 1 and 3", "objects 1, 2 and 4"]
