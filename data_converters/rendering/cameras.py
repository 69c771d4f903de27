"""Pinhole cameras: looking at a point, and projection.

All poses are camera-to-world, OpenGL axes (x right, y up, z back), z of the world up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def camera_to_world(position: Array, target: Array, roll: float = 0.0) -> Array:
    """Pose [4, 4] of a camera at `position` [3] that looks at `target` [3], turned by `roll` radians about its axis."""
    back = (position - target) / np.linalg.norm(position - target)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    cos, sin = np.cos(roll), np.sin(roll)
    pose = np.eye(4)
    pose[:3] = np.column_stack([cos * right + sin * up, cos * up - sin * right, back, position])
    return pose


def on_sphere(elevation: float, azimuth: float) -> Array:
    """Unit vector [3]; angles in radians."""
    return np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)],
    )


def project(points: Array, pose: Array, camera_angle_x: float) -> Array:
    """World points [N, 3] to image coordinates [N, 2] of a square image: -1..1, x right, y up; outside where behind."""
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    depth = -local[:, 2:]
    image = local[:, :2] / (np.where(depth > 0, depth, np.nan) * np.tan(camera_angle_x / 2))
    return np.where(np.isnan(image), np.inf, image)
