"""Anomaly maps as pictures."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8


def map_limit(threshold: float | None, highest: float) -> float:
    """The value of maps that is drawn in full colour: twice the threshold, or the highest score without one."""
    return 2.0 * threshold if threshold else highest


def colored_map(anomaly_map: Float[np.ndarray, "h w"], limit: float) -> UInt8[np.ndarray, "h w 3"]:
    """A map in the inferno colours, 0 black and `limit` and above the lightest; a NaN counts as 0."""
    levels = np.clip(np.nan_to_num(anomaly_map) * (255.0 / max(limit, 1e-12)), 0.0, 255.0).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def overlay(
    query: UInt8[np.ndarray, "h w 3"], anomaly_map: Float[np.ndarray, "h w"], limit: float, threshold: float | None
) -> UInt8[np.ndarray, "h w 3"]:
    """The query in faded gray with its map on top, and a contour around what lies above the threshold.

    Args:
        query: the photo
        anomaly_map: its map, same size
        limit: value of the map that is drawn opaque
        threshold: value around which the contour runs; none where it is None
    """
    gray = cv2.cvtColor(cv2.cvtColor(query, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    opacity = np.clip(anomaly_map / max(limit, 1e-12), 0.0, 1.0)[..., None].astype(np.float32) ** 0.75
    heat = cv2.cvtColor(cv2.applyColorMap((127 + 128 * opacity).astype(np.uint8), cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
    blended = (gray * 0.7 + 64) * (1 - opacity) + heat * opacity
    picture = np.ascontiguousarray(np.clip(blended, 0, 255).astype(np.uint8))
    if threshold is not None:
        above = (anomaly_map > threshold).astype(np.uint8)
        contours, _ = cv2.findContours(above, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, contours, -1, (200, 0, 90), 1)
    return picture
