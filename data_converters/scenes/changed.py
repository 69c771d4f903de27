"""Where two versions of a mesh differ, and whether a camera sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from scenes.mesh import Array, Mesh, surface_samples

FAR = 0.03
"""Surfaces this far apart differ, in units of a mesh with extent 1."""
OTHER_COLOUR = 0.1
"""Colours this far apart in linear RGB differ."""
SAMPLES = 10000
NEIGHBOURS = 8

CastRays = Callable[[Array, Array], Array]
"""Origin [3] and points [N, 3] to whether [N] each is seen from there."""


@dataclass(frozen=True)
class Change:
    """Points of the surface where a mesh is not what it should be."""

    points: Array  # [N, 3]
    normals: Array  # [N, 3]
    area: float
    """Surface that each point stands for, squared units."""


def changes(before: Mesh, after: Mesh) -> tuple[Change, Change]:
    """Surface that is new or of a new colour, and surface that is gone."""
    rng = np.random.default_rng(0)
    old, new = (surface_samples(m, SAMPLES, rng) for m in (before, after))
    return one_way(after, *new, before, *old), one_way(before, *old, after, *new)


def one_way(mesh: Mesh, points: Array, faces: Array, other: Mesh, other_points: Array, other_faces: Array) -> Change:
    """The samples of `mesh` near which `other` has no surface, or none of that colour."""
    distance, nearest = cKDTree(other_points).query(points, k=NEIGHBOURS)
    colour = np.linalg.norm(other.colours[other_faces][nearest] - mesh.colours[faces][:, None], axis=-1)
    differs = (distance[:, 0] > FAR) | (colour.min(1) > OTHER_COLOUR)
    a, b, c = mesh.corners[faces[differs]].transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Change(points[differs], normals, float(mesh.areas.sum()) / len(points))


def changed_share(before: Mesh, after: Mesh) -> float:
    """The larger of two shares: new surface of what there is now, lost surface of what there was."""
    return max(len(change.points) for change in changes(before, after)) / SAMPLES


def visible_pixels(change: Change, eye: Array, forward: Array, focal: float, seen: CastRays) -> float:
    """About how many pixels of a view the change covers.

    Args:
        change: in the world
        eye: the camera's place [3]
        forward: its viewing direction [3], unit
        focal: focal length in pixels
        seen: which points the scene does not hide
    """
    ray = change.points - eye
    depth = ray @ forward
    slant = -(ray * change.normals).sum(1) / np.linalg.norm(ray, axis=1)
    facing = (slant > 0) & (depth > 0)
    if not facing.any():
        return 0.0
    open_ = seen(eye, change.points[facing])
    return float((slant[facing] * open_ * change.area * (focal / depth[facing]) ** 2).sum())
