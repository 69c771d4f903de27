"""Cameras: the rings of training views and the random test poses.

All poses are camera-to-world, OpenGL axes (x right, y up, z back), z of the world up, in the toy's world units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bricks.errors import UserError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rig:
    """Rings of cameras that look exactly at the origin."""

    radius: float
    rings: int
    azimuths: int
    top_elevation: float
    """Degrees."""
    bottom_elevation: float
    """Degrees."""


@dataclass(frozen=True)
class TestPoses:
    """How far a test pose may leave the rig."""

    __test__ = False  # not a test class, whatever its name tells pytest

    radius: float
    roll: float
    """Largest roll about the viewing axis, degrees either way."""
    aim_jitter: float
    """Largest distance of the look-at point from the origin, world units."""
    distance_jitter: float
    """Largest relative change of the radius."""
    margin: float
    """Share of the half image that stays free on every side."""


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


def ring_poses(rig: Rig) -> Array:
    """Camera-to-world poses [rings * azimuths, 4, 4], ring by ring from the top."""
    elevations = np.radians(np.linspace(rig.top_elevation, rig.bottom_elevation, rig.rings))
    azimuths = 2 * np.pi * np.arange(rig.azimuths) / rig.azimuths
    origin = np.zeros(3)
    return np.stack([camera_to_world(rig.radius * on_sphere(e, a), origin) for e in elevations for a in azimuths])


def project(points: Array, pose: Array, camera_angle_x: float) -> Array:
    """World points [N, 3] to image coordinates [N, 2] of a square image: -1..1, x right, y up; outside where behind."""
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    depth = -local[:, 2:]
    image = local[:, :2] / (np.where(depth > 0, depth, np.nan) * np.tan(camera_angle_x / 2))
    return np.where(np.isnan(image), np.inf, image)


def draw_test_pose(
    rng: np.random.Generator, limits: TestPoses, points: Array, camera_angle_x: float, attempts: int = 500
) -> Array:
    """A random camera-to-world pose [4, 4], anywhere on the sphere, that keeps all `points` [N, 3] inside the image."""
    for _ in range(attempts):
        direction = on_sphere(np.arcsin(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi))
        distance = limits.radius * (1 + rng.uniform(-1, 1) * limits.distance_jitter)
        offset = on_sphere(np.arcsin(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi))
        target = limits.aim_jitter * np.cbrt(rng.uniform()) * offset
        roll = np.radians(rng.uniform(-1, 1) * limits.roll)
        pose = camera_to_world(target + distance * direction, target, roll)
        if np.abs(project(points, pose, camera_angle_x)).max() <= 1 - limits.margin:
            return pose
    raise UserError("no test pose keeps the toy in the image: raise --radius, or lower --aim-jitter or --toy-radius")
