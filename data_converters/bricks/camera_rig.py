"""Cameras: the rings of training views and the random test poses.

All poses are camera-to-world, OpenGL axes (x right, y up, z back), z of the world up, in the toy's world units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rendering.cameras import camera_to_world, on_sphere, project
from rendering.errors import UserError

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


def ring_poses(rig: Rig) -> Array:
    """Camera-to-world poses [rings * azimuths, 4, 4], ring by ring from the top."""
    elevations = np.radians(np.linspace(rig.top_elevation, rig.bottom_elevation, rig.rings))
    azimuths = 2 * np.pi * np.arange(rig.azimuths) / rig.azimuths
    origin = np.zeros(3)
    return np.stack([camera_to_world(rig.radius * on_sphere(e, a), origin) for e in elevations for a in azimuths])


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
