"""Where things stand on the floor, and the cameras around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rendering.cameras import camera_to_world, on_sphere, project
from scipy.spatial import ConvexHull

from scenes.mesh import Array

GAP = 0.02
"""Least distance between two things on the floor."""
FLOOR_RADIUS = 0.45
"""Everything stands within this distance of the origin."""
CAMERA_ANGLE_X = float(2 * np.arctan(0.6))
"""Field of view: focal length 213.33 pixels at 256, as in ToysAD-8K."""
OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


def footprint(points: Array) -> Array:
    """Convex outline [K, 2] of points [N, 3] seen from above."""
    return points[ConvexHull(points[:, :2]).vertices, :2]


def separation(first: Array, second: Array) -> float:
    """Largest gap between convex outlines [K, 2] and [L, 2] along the normal of a side; negative where they overlap."""
    gaps = []
    for outline in (first, second):
        sides = np.roll(outline, -1, axis=0) - outline
        normals = np.stack([sides[:, 1], -sides[:, 0]], 1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        a, b = first @ normals.T, second @ normals.T
        gaps.append(np.maximum(a.min(0) - b.max(0), b.min(0) - a.max(0)).max())
    return float(max(gaps))


def placed(
    outlines: list[Array], rng: np.random.Generator, radius: float = FLOOR_RADIUS, gap: float = GAP, attempts: int = 400
) -> list[tuple[float, Array]] | None:
    """A turn about z (radians) and a shift [2] for each convex outline, so that no two overlap and all lie in a disc.

    Args:
        outlines: [K, 2] each, around the origin
        rng: draws them
        radius: of the disc around the origin
        gap: kept free between two outlines
        attempts: draws for each outline

    Returns:
        None where one finds no room.
    """
    done: list[tuple[float, Array]] = []
    taken: list[Array] = []
    for outline in outlines:
        for _ in range(attempts):
            turn = rng.uniform(0, 2 * np.pi)
            angle, distance = rng.uniform(0, 2 * np.pi), radius * np.sqrt(rng.uniform())
            shift = distance * np.array([np.cos(angle), np.sin(angle)])
            cos, sin = np.cos(turn), np.sin(turn)
            here = outline @ np.array([[cos, sin], [-sin, cos]]) + shift
            if np.linalg.norm(here, axis=1).max() <= radius and all(separation(here, t) >= gap for t in taken):
                done.append((turn, shift))
                taken.append(here)
                break
        else:
            return None
    return done


@dataclass(frozen=True)
class Orbit:
    """A closed way around the scene, as a person walks with a camera."""

    distance: float
    elevation: float
    """Radians."""
    sway: float
    """Change of the elevation on the way round, radians either way."""
    start: float
    """Azimuth of the first camera, radians."""
    target: Array  # [3]


def draw_orbit(rng: np.random.Generator) -> Orbit:
    """Distances and heights around those of the published sample (0.80 to 0.86, 24 to 32 degrees)."""
    return Orbit(
        distance=rng.uniform(0.85, 1.0),
        elevation=np.radians(rng.uniform(25, 40)),
        sway=np.radians(rng.uniform(0, 4)),
        start=rng.uniform(0, 2 * np.pi),
        target=np.array([*rng.uniform(-0.03, 0.03, 2), 0.03]),
    )


def orbit_poses(orbit: Orbit, views: int) -> Array:
    """Camera-to-world poses [views, 4, 4], OpenGL axes."""
    turns = 2 * np.pi * np.arange(views) / views
    places = [
        orbit.target + orbit.distance * on_sphere(orbit.elevation + orbit.sway * np.sin(2 * turn), orbit.start + turn)
        for turn in turns
    ]
    return np.stack([camera_to_world(place, orbit.target) for place in places])


def world_to_camera_opencv(pose: Array) -> Array:
    """World-to-camera [4, 4] with OpenCV axes (y down, z forward) of a camera-to-world one with OpenGL axes."""
    return OPENGL_TO_OPENCV @ np.linalg.inv(pose)


def intrinsics(image_size: int) -> Array:
    """K [3, 3] in pixels."""
    focal = image_size / (2 * np.tan(CAMERA_ANGLE_X / 2))
    return np.array([[focal, 0, image_size / 2], [0, focal, image_size / 2], [0, 0, 1]])


def all_in_view(points: Array, poses: Array) -> bool:
    """Whether every point [N, 3] lies inside every picture."""
    return all(np.abs(project(points, pose, CAMERA_ANGLE_X)).max() < 1 for pose in poses)
