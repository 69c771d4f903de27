"""How good a set of estimated poses is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def pose_auc(errors: Sequence[float], threshold: float) -> float:
    """Area under the recall curve up to `threshold`, in percent, as the pose literature reports AUC@5deg.

    The curve joins the points (error, share of poses at most that wrong) by straight lines, starting at the origin, and
    is flat after the last one below the threshold (SuperGlue, Sarlin et al. 2020, section 5.2 and its published code).

    Args:
        errors: one per pose, in the unit of `threshold`; infinity for a pose that was not found
        threshold: the largest error that still counts

    Raises:
        ValueError: for no errors, a NaN, or a threshold that is not positive
    """
    if not errors or threshold <= 0 or any(math.isnan(error) for error in errors):
        raise ValueError("the AUC needs at least one error, no NaN and a positive threshold")
    ordered = np.sort(np.asarray(errors, dtype=np.float64))
    recall = np.arange(1, len(ordered) + 1) / len(ordered)
    inside = int(np.searchsorted(ordered, threshold, side="left"))
    x = np.concatenate([[0.0], ordered[:inside], [threshold]])
    y = np.concatenate([[0.0], recall[:inside], [recall[inside - 1] if inside else 0.0]])
    return float(100 * np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) / threshold)


@dataclass(frozen=True)
class PoseSummary:
    """Errors of a set of poses in the figures that papers give."""

    count: int
    """Number of poses."""
    median_degrees: float
    """Median angle error in degrees."""
    max_degrees: float
    """Largest angle error in degrees."""
    median_distance: float
    """Median error of the camera centre in world units."""
    max_distance: float
    """Largest error of the camera centre in world units."""
    within_one_degree: float
    """Share of poses with an angle error under one degree, in percent."""
    auc_5_degrees: float
    """AUC of the angle error up to 5 degrees, in percent."""
    auc_005: float
    """AUC of the centre error up to 0.05 world units, in percent."""


def summarise(degrees: Sequence[float], distances: Sequence[float]) -> PoseSummary:
    """Summarise angle errors (degrees) and centre errors (world units) of the same poses.

    Raises:
        ValueError: for no poses, or lists of different length
    """
    if not degrees or len(degrees) != len(distances):
        raise ValueError("angle and centre errors must be of the same, non-zero number")
    return PoseSummary(
        count=len(degrees),
        median_degrees=float(np.median(degrees)),
        max_degrees=float(max(degrees)),
        median_distance=float(np.median(distances)),
        max_distance=float(max(distances)),
        within_one_degree=100 * sum(error < 1 for error in degrees) / len(degrees),
        auc_5_degrees=pose_auc(degrees, 5.0),
        auc_005=pose_auc(distances, 0.05),
    )
