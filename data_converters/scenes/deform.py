"""Bump, bend, twist: the vertices move, the triangles stay. Meshes have extent 1 and are centred on the origin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.mesh import Array, Mask, Mesh, surface_samples
from scenes.sheet import frame_on
from scenes.subdivide import distance_to_segments, subdivided

SMOOTH_EDGE = 0.04
"""Longest edge of a mesh that bends or twists."""


def bump(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """A round bulge, or a dent, around a point of the surface."""
    points, faces = surface_samples(mesh, 1, rng)
    a, b, c = mesh.corners[faces[0]]
    normal = np.cross(b - a, c - a)
    normal /= max(np.linalg.norm(normal), 1e-12)
    radius = rng.uniform(0.12, 0.22)
    height = radius * rng.uniform(0.45, 0.8) * rng.choice([1.0, 1.0, -0.7])
    return bulged(mesh, points[0], height * normal, radius)


def bulged(mesh: Mesh, centre: Array, shift: Array, radius: float) -> Mesh:
    """Move what lies within `radius` of `centre` [3] along `shift` [3], most at the centre."""

    def close(a: Array, b: Array) -> Mask:
        return distance_to_segments(centre, a, b) < radius

    mesh = subdivided(mesh, radius / 8, close)
    distance = np.linalg.norm(mesh.vertices - centre, axis=1) / radius
    weight = np.where(distance < 1, (1 - np.minimum(distance, 1) ** 2) ** 2, 0)
    return replace(mesh, vertices=mesh.vertices + weight[:, None] * shift)


def bend(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """The mesh bent about an axis across its long side, by 25 to 60 degrees from end to end."""
    long, *across = long_axes(mesh, rng)
    angle = np.radians(rng.uniform(25, 60))
    direction = across[0] * rng.choice([-1.0, 1.0])
    mesh = subdivided(mesh, SMOOTH_EDGE)
    return replace(mesh, vertices=bent(mesh.vertices, long, direction, angle))


def bent(points: Array, along: Array, towards: Array, angle: float) -> Array:
    """Points [N, 3] of a straight body laid on a circle.

    Args:
        points: [N, 3]
        along: unit vector [3] along the body
        towards: unit vector [3] across it, to which both ends turn
        angle: between the two ends, radians
    """
    t, d = points @ along, points @ towards
    middle, length = (t.max() + t.min()) / 2, np.ptp(t)
    radius = length / angle
    turn = (t - middle) / radius
    straight = points - t[:, None] * along - d[:, None] * towards
    new_t, new_d = middle + (radius - d) * np.sin(turn), radius - (radius - d) * np.cos(turn)
    return straight + new_t[:, None] * along + new_d[:, None] * towards


def twist(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """The mesh wrung about its long side, by 40 to 110 degrees from end to end."""
    along = long_axes(mesh, rng)[0]
    angle = np.radians(rng.uniform(40, 110)) * rng.choice([-1.0, 1.0])
    mesh = subdivided(mesh, SMOOTH_EDGE)
    return replace(mesh, vertices=twisted(mesh.vertices, along, angle))


def twisted(points: Array, along: Array, angle: float) -> Array:
    """Points [N, 3] turned about the axis `along` [3] through their box's centre, 0 to `angle` radians end to end."""
    u, v, axis = frame_on(along)
    centre = (points.max(0) + points.min(0)) / 2
    x, y, t = ((points - centre) @ np.stack([u, v, axis]).T).T
    turn = angle * (t - t.min()) / max(np.ptp(t), 1e-12)
    cos, sin = np.cos(turn), np.sin(turn)
    return centre + np.stack([cos * x - sin * y, sin * x + cos * y, t], 1) @ np.stack([u, v, axis])


def long_axes(mesh: Mesh, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Three axes of the box: one along its longest side, or one almost as long, then the two others shuffled."""
    sides = np.ptp(mesh.box, axis=0)
    first = int(rng.choice(np.flatnonzero(sides > 0.75 * sides.max())))
    second, third = rng.permutation([i for i in range(3) if i != first])
    axes = np.eye(3)
    return axes[first], axes[second], axes[third]
