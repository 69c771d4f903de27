"""The fast metrics against scikit-learn and against slow obvious versions."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from pad_nerfstudio.anomaly.metrics import (
    area_under_roc,
    average_precision,
    best_f1,
    bounding_box,
    precision_recall,
    rank_curve,
    region_weights,
    roc,
    split_by_label,
    up_to,
)
from pad_nerfstudio.anomaly.regions import connected_regions


def slow_aupro(maps: np.ndarray, masks: np.ndarray, limit: float) -> float:
    """Per-region overlap at every threshold, one after the other, then the trapezium rule up to `limit`."""
    regions = []
    for index, mask in enumerate(masks):
        labels = connected_regions(mask)
        regions += [(index, labels == label) for label in range(1, labels.max() + 1)]
    points = [(0.0, 0.0)]
    for threshold in np.unique(maps)[::-1]:
        false_rate = np.mean(maps[~masks] >= threshold)
        overlap = np.mean([np.mean(maps[index][region] >= threshold) for index, region in regions])
        points.append((false_rate, overlap))
    area = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        if x0 >= limit or x1 == x0:
            continue
        end = min(x1, limit)
        area += (end - x0) * 0.5 * (y0 + y0 + (y1 - y0) * (end - x0) / (x1 - x0))
    return area / limit


def slow_best_f1(scores: np.ndarray, labels: np.ndarray) -> float:
    """F1 of `score >= t` at every score."""
    return max(sklearn_metrics.f1_score(labels, scores >= threshold) for threshold in np.unique(scores))


@st.composite
def scored_samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties and labels of both classes."""
    n = draw(st.integers(2, 40))
    scores = draw(st.lists(st.integers(-3, 6), min_size=n, max_size=n))
    labels = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda flags: 0 < sum(flags) < len(flags)))
    return np.array(scores, np.float32), np.array(labels)


@given(scored_samples())
@settings(deadline=None)
def test_against_scikit_learn(sample: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = sample
    curve = rank_curve(*split_by_label(scores, labels))
    assert area_under_roc(curve).value == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))
    assert average_precision(curve).value == pytest.approx(sklearn_metrics.average_precision_score(labels, scores))
    assert best_f1(curve).value == pytest.approx(slow_best_f1(scores, labels))


def slow_precision_recall(scores: np.ndarray, labels: np.ndarray) -> list[tuple[float, float]]:
    """Recall and precision of `score >= t` at every score, from the highest down; before them (0, 1)."""
    points = [(0.0, 1.0)]
    for threshold in np.unique(scores)[::-1]:
        called = scores >= threshold
        points.append((float(np.mean(called[labels])), float(np.mean(labels[called]))))
    return points


@given(scored_samples())
@settings(deadline=None)
def test_precision_and_recall_at_one_threshold_after_the_other(sample: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = sample
    recall, precision = precision_recall(rank_curve(*split_by_label(scores, labels)))
    ours, slow = list(zip(recall.tolist(), precision.tolist(), strict=True)), slow_precision_recall(scores, labels)
    precisions, recalls, _ = sklearn_metrics.precision_recall_curve(labels, scores)
    assert set(zip(recalls, precisions, strict=True)) == set(slow)
    assert set(ours) <= set(slow), "every corner is a threshold's"
    assert (np.diff(recall) >= 0).all() and ours[0] == (0.0, 1.0) and recall[-1] == 1.0
    for x, y in slow:  # what is between two corners lies on the fall that they end
        if x < 1.0:
            assert precision[recall == x].min() <= y <= precision[recall == x].max()


def test_a_polyline_is_cut_where_it_reaches_the_limit() -> None:
    x, y = np.array([0.0, 0.2, 0.2, 0.6, 1.0]), np.array([0.0, 0.5, 0.7, 0.9, 1.0])
    for limit, xs, ys in [(0.2, [0, 0.2, 0.2], [0, 0.5, 0.7]), (0.3, [0, 0.2, 0.2, 0.3], [0, 0.5, 0.7, 0.75])]:
        cut = up_to(limit, x, y)
        assert cut[0].tolist() == pytest.approx(xs) and cut[1].tolist() == pytest.approx(ys)
    assert up_to(1.0, x, y)[1].tolist() == y.tolist()


@given(scored_samples(), st.floats(0.05, 1.0))
@settings(deadline=None)
def test_partial_area_against_interpolated_scikit_learn_curve(
    sample: tuple[np.ndarray, np.ndarray], limit: float
) -> None:
    scores, labels = sample
    x, y, _ = sklearn_metrics.roc_curve(labels, scores, drop_intermediate=False)
    fine = np.unique(np.concatenate([x[x <= limit], [limit]]))
    area = 0.0
    for a, b in zip(fine, fine[1:], strict=False):
        at_a = y[x == a].max() if (x == a).any() else np.interp(a, x, y)
        at_b = y[x == b].min() if (x == b).any() else np.interp(b, x, y)
        area += (b - a) * 0.5 * (at_a + at_b)
    ours = area_under_roc(rank_curve(*split_by_label(scores, labels)), limit).value
    assert ours == pytest.approx(area / limit, abs=1e-9)


@given(scored_samples())
@settings(deadline=None)
def test_a_monotone_transform_changes_nothing(sample: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = sample
    before = rank_curve(*split_by_label(scores, labels))
    after = rank_curve(*split_by_label(np.exp(scores.astype(np.float64)) * 3.0 - 7.0, labels))
    for metric in (area_under_roc, average_precision, best_f1):
        assert metric(before) == metric(after)


@given(scored_samples())
@settings(deadline=None)
def test_negated_scores_mirror_the_auroc(sample: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = sample
    forward = area_under_roc(rank_curve(*split_by_label(scores, labels))).value
    backward = area_under_roc(rank_curve(*split_by_label(-scores, labels))).value
    assert forward is not None and backward is not None
    assert forward + backward == pytest.approx(1.0)


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("levels", [4, 1000])
def test_aupro_against_one_threshold_after_the_other(limit: float, levels: int) -> None:
    random = np.random.default_rng(0)
    masks = random.random((4, 12, 14)) < 0.15
    masks[3] = False
    maps = (np.floor(random.random(masks.shape) * levels) + masks * levels / 2).astype(np.float32)
    weights = np.concatenate([region_weights(connected_regions(mask)) for mask in masks])
    ours = area_under_roc(rank_curve(maps[masks], maps[~masks], weights), limit).value
    assert ours == pytest.approx(slow_aupro(maps, masks, limit))


def test_roc_goes_from_corner_to_corner() -> None:
    false_rate, true_rate = roc(rank_curve(np.array([2.0, 1.0]), np.array([1.0, 0.0])))
    assert false_rate.tolist() == [0.0, 0.0, 0.0, 0.0, 0.5, 1.0]
    assert true_rate.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]


def test_one_class_gives_a_reason_instead_of_a_figure() -> None:
    some, none = np.array([1.0, 2.0]), np.zeros(0)
    assert area_under_roc(rank_curve(some, none)).reason == "no normal sample"
    for metric in (area_under_roc, average_precision, best_f1):
        answer = metric(rank_curve(none, some))
        assert answer.value is None and answer.reason == "no anomalous sample"


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        rank_curve(np.array([np.nan]), np.array([1.0]))


def test_bounding_box_is_tight_or_the_whole_image() -> None:
    inside = np.zeros((6, 8), bool)
    assert bounding_box(inside) == (slice(0, 6), slice(0, 8))
    inside[2, 3] = inside[4, 5] = True
    assert bounding_box(inside) == (slice(2, 5), slice(3, 6))


def test_millions_of_pixels_in_seconds_and_equal_to_scikit_learn() -> None:
    random = np.random.default_rng(1)
    labels = random.random(2_000_000) < 0.003
    scores = (random.standard_normal(labels.size) + 2.0 * labels).astype(np.float32)
    start = time.perf_counter()
    curve = rank_curve(*split_by_label(scores, labels))
    area, precision = area_under_roc(curve), average_precision(curve)
    seconds = time.perf_counter() - start
    assert area.value == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores), abs=1e-9)
    assert precision.value == pytest.approx(sklearn_metrics.average_precision_score(labels, scores), abs=1e-9)
    assert seconds < 3.0
