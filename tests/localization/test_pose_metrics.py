"""Pose metrics against a slow obvious version."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_nerfstudio.localization.pose_metrics import pose_auc, summarise

errors_lists = st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=20)


def recall(errors: list[float], at: float) -> float:
    """Recall at an error, on straight lines between the points (error, share at most that wrong) and the origin."""
    points = [(0.0, 0.0)] + [(error, (i + 1) / len(errors)) for i, error in enumerate(sorted(errors))]
    before = max((point for point in points if point[0] <= at), key=lambda point: point[1])
    after = [point for point in points if point[0] > at]
    if not after:
        return before[1]
    return before[1] + (after[0][1] - before[1]) * (at - before[0]) / (after[0][0] - before[0])


def slow_auc(errors: list[float], threshold: float, cells: int = 20000) -> float:
    """Riemann sum under the recall curve that is flat after the last error below the threshold."""
    inside = [error for error in errors if error < threshold]
    last = max(inside, default=0.0)
    total = 0.0
    for cell in range(cells):
        at = (cell + 0.5) / cells * threshold
        total += recall(errors, at) if at <= last else len(inside) / len(errors)
    return 100 * total / cells


@pytest.mark.parametrize(
    "errors", [[0.1], [7.0], [1.0, 2.0, 3.0], [0.0, 0.0], [4.9, 5.1, 0.3, 0.3, 12.0], [5.0, 1.0], [math.inf, 1.0]]
)
def test_auc_is_the_area_under_the_curve(errors: list[float]) -> None:
    assert pose_auc(errors, 5.0) == pytest.approx(slow_auc(errors, 5.0), abs=0.02)


@settings(deadline=None)
@given(errors_lists, st.floats(0.1, 10))
def test_auc_properties(errors: list[float], threshold: float) -> None:
    auc = pose_auc(errors, threshold)
    assert -1e-9 <= auc <= 100 + 1e-9
    assert auc == pytest.approx(pose_auc(sorted(errors, reverse=True), threshold))
    assert auc == pytest.approx(pose_auc([10 * error for error in errors], 10 * threshold), abs=1e-6)


def test_perfect_and_hopeless() -> None:
    assert pose_auc([0.0, 0.0], 5.0) == 100
    assert pose_auc([6.0, math.inf], 5.0) == 0


@pytest.mark.parametrize("errors, threshold", [([], 5.0), ([1.0], 0.0), ([math.nan], 5.0)])
def test_senseless_input_is_refused(errors: list[float], threshold: float) -> None:
    with pytest.raises(ValueError):
        pose_auc(errors, threshold)


def test_summary() -> None:
    summary = summarise([0.5, 1.5, 0.1], [0.01, 0.1, 0.02])
    assert (summary.count, summary.median_degrees, summary.max_degrees) == (3, 0.5, 1.5)
    assert (summary.median_distance, summary.max_distance) == (0.02, 0.1)
    assert summary.within_one_degree == pytest.approx(200 / 3)
    assert summary.auc_5_degrees == pose_auc([0.5, 1.5, 0.1], 5.0)
    with pytest.raises(ValueError):
        summarise([0.1], [])
