"""Threshold-free metrics of anomaly detection, exact, ties included. Numpy only.

Every metric reads one `RankCurve`: how many anomalous and normal samples lie at or above each score. Only scores at
which an anomalous sample stands can be corners of the curve, and those are few; so one sort of the normal scores is all
the work, whatever the metric: 13 million pixels take about a second.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped


@dataclass(frozen=True)
class Metric:
    """A figure, or why there is none."""

    value: float | None
    """The figure; None where the data cannot give one."""
    reason: str = ""
    """Why `value` is None."""


@dataclass(frozen=True)
class RankCurve:
    """Cumulative counts at the n distinct scores of the anomalous samples, from the highest down."""

    thresholds: Float[np.ndarray, " n"]
    """The distinct scores of the anomalous samples, descending."""
    found: Float[np.ndarray, " n"]
    """Weight of the anomalous samples with score >= threshold."""
    false_before: Int[np.ndarray, " n"]
    """Number of normal samples with score > threshold."""
    false: Int[np.ndarray, " n"]
    """Number of normal samples with score >= threshold."""
    normal_total: int
    """Number of normal samples."""


def rank_curve(
    anomalous: Float[np.ndarray, " p"],
    normal: Float[np.ndarray, " q"],
    weights: Float[np.ndarray, " p"] | None = None,
) -> RankCurve:
    """Count samples at or above every distinct anomalous score.

    Args:
        anomalous: scores of the anomalous samples, higher is more anomalous
        normal: scores of the normal samples, same floating type; sorted ones are not sorted again
        weights: weight of each anomalous sample, one where not given

    Raises:
        ValueError: for a score that is NaN: it has no rank
    """
    if np.isnan(anomalous).any() or np.isnan(normal).any():
        raise ValueError("scores hold NaN")
    ascending, group = np.unique(anomalous, return_inverse=True)
    weight = np.bincount(group.reshape(-1), weights=weights, minlength=ascending.size).astype(np.float64)
    if np.any(normal[1:] < normal[:-1]):
        normal = np.sort(normal)
    false = normal.size - np.searchsorted(normal, ascending, side="left")
    false_before = normal.size - np.searchsorted(normal, ascending, side="right")
    return RankCurve(ascending[::-1], np.cumsum(weight[::-1]), false_before[::-1], false[::-1], normal.size)


def roc(curve: RankCurve) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Corners of the ROC curve: false and true positive rates, from (0, 0) to (1, 1); tied scores make a slope."""
    corners = len(curve.thresholds)
    false_rate, true_rate = np.ones(2 * corners + 2), np.ones(2 * corners + 2)
    false_rate[0], true_rate[0] = 0.0, 0.0
    false_rate[1:-1:2], false_rate[2:-1:2] = curve.false_before, curve.false
    false_rate[1:-1] /= max(curve.normal_total, 1)
    found = np.concatenate([[0.0], curve.found])
    true_rate[1:-1:2], true_rate[2:-1:2] = found[:-1], found[1:]
    true_rate[1:-1] /= found[-1] if corners else 1.0
    return false_rate, true_rate


def up_to(
    limit: float, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """The part of a polyline with ascending x that ends at x = `limit`, cut within a segment where it must be."""
    inside = int(np.count_nonzero(x <= limit))
    if inside == len(x) or not inside or x[inside - 1] == limit:
        return x[:inside], y[:inside]
    part = (limit - x[inside - 1]) / (x[inside] - x[inside - 1])
    end = y[inside - 1] + part * (y[inside] - y[inside - 1])
    return np.append(x[:inside], limit), np.append(y[:inside], end)


def area_under_roc(curve: RankCurve, max_false_positive_rate: float = 1.0) -> Metric:
    """Area under the ROC curve up to a false positive rate, divided by that rate (1 is perfect).

    With equal weight for every anomalous region, this is AUPRO (see `region_weights`).
    """
    if not len(curve.thresholds):
        return Metric(None, "no anomalous sample")
    if not curve.normal_total:
        return Metric(None, "no normal sample")
    false_rate, true_rate = up_to(max_false_positive_rate, *roc(curve))
    area = float(np.sum(np.diff(false_rate) * 0.5 * (true_rate[1:] + true_rate[:-1])))
    return Metric(area / max_false_positive_rate)


def average_precision(curve: RankCurve) -> Metric:
    """Area under the precision-recall curve as a sum of steps, as scikit-learn defines it (no interpolation)."""
    if not len(curve.thresholds):
        return Metric(None, "no anomalous sample")
    precision = curve.found / (curve.found + curve.false)
    gained = np.diff(curve.found, prepend=0.0) / curve.found[-1]
    return Metric(float(np.sum(gained * precision)))


def precision_recall(curve: RankCurve) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Corners of the precision-recall curve: recalls ascending from 0, and precisions.

    The curve falls while normal samples are passed, and jumps where an anomalous one is: the two ends of every fall are
    its corners. `average_precision` is the area under the steps between its upper ones.
    """
    corners = len(curve.thresholds)
    found_before = np.concatenate([[0.0], curve.found[:-1]])
    taken_before = found_before + curve.false_before
    recall, precision = np.zeros(2 * corners + 1), np.ones(2 * corners + 1)
    recall[1::2], recall[2::2] = found_before, curve.found
    recall /= curve.found[-1] if corners else 1.0
    precision[1::2] = np.divide(found_before, taken_before, out=np.ones(corners), where=taken_before > 0)
    precision[2::2] = curve.found / (curve.found + curve.false)
    return recall, precision


def best_f1(curve: RankCurve) -> Metric:
    """The highest F1 that any threshold reaches."""
    if not len(curve.thresholds):
        return Metric(None, "no anomalous sample")
    return Metric(float(np.max(2.0 * curve.found / (curve.found[-1] + curve.found + curve.false))))


def region_weights(regions: Int[np.ndarray, "h w"]) -> Float[np.ndarray, " p"]:
    """Weight of each anomalous pixel such that every region weighs one: the per-region overlap of MVTec AD.

    Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 2021, section 5.2.

    Args:
        regions: label of the connected component of each pixel, 0 where normal (`connected_regions`)

    Returns:
        one weight for every pixel with a label above 0, in row-major order
    """
    labels = regions[regions > 0]
    sizes = np.bincount(labels)
    return 1.0 / sizes[labels] if labels.size else np.zeros(0)


def bounding_box(inside: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """Smallest box of rows and columns around the true pixels; the whole image where there are none."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return slice(0, inside.shape[0]), slice(0, inside.shape[1])
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def split_by_label(
    scores: Float[np.ndarray, "*shape"], labels: Shaped[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " q"]]:
    """Scores of the anomalous (label above 0) and of the normal samples, in row-major order."""
    anomalous = labels > 0
    return scores[anomalous], scores[~anomalous]
