"""What stands where in a scene, and what is wrong with it: everything before the rendering.

The fall and the rays come from outside (`resting`, `blockers`), so that this needs no Blender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenes.anomalies import draw_anomaly
from scenes.changed import CastRays, Change, changes, visible_pixels
from scenes.instance import Instance, change_in_world, instance_name, instance_path, sized, standing
from scenes.mesh import Array, Mesh
from scenes.placement import all_in_view, draw_orbit, footprint, intrinsics, orbit_poses, placed
from scenes.settings import Settings

Resting = Callable[[list[Array], list[Array]], list[Array]]
"""Vertices of bodies and the rotations they are let go in, to the rotations they come to rest in."""
DrawStart = Callable[[np.random.Generator, bool], Array]


@dataclass(frozen=True)
class Plan:
    """A scene that passed all checks."""

    instances: list[Instance]
    poses: Array  # [views, 4, 4] camera-to-world, OpenGL axes


def draw_kinds(rng: np.random.Generator, settings: Settings) -> list[str | None]:
    """For every instance what is wrong with it or None; those with something wrong are fewer than those without."""
    count = int(rng.integers(settings.min_objects, settings.max_objects + 1))
    most = (count - 1) // 2
    wrong = 0 if rng.random() < settings.normal_scenes or most == 0 else int(rng.integers(1, most + 1))
    kinds = [str(kind) for kind in rng.choice(settings.anomalies, wrong)]
    return [(kinds + [None] * count)[i] for i in rng.permutation(count)]


def draw_size(rng: np.random.Generator, count: int) -> float:
    """The longest side of an instance in world units: 0.24 to 0.34 for a few, less where many share the floor."""
    return float(rng.uniform(0.24, 0.34) * min(1.0, np.sqrt(4 / count)))


def draw_plan(
    rng: np.random.Generator,
    name: str,
    mesh: Mesh,
    kinds: list[str | None],
    settings: Settings,
    resting: Resting,
    draw_start: DrawStart,
    blockers: Callable[[list[Instance]], CastRays],
) -> Plan | None:
    """Instances of one mesh on the floor and the cameras around them; None where a check fails: draw again.

    The checks: every anomaly exists for this mesh, everything has room, no middle leaves a picture, every anomaly is
    visible in at least one view.
    """
    versions = [mesh if kind is None else draw_anomaly(kind, mesh, rng) for kind in kinds]
    bodies = [version for version in versions if version is not None]
    if len(bodies) < len(kinds):
        return None
    size, upright = draw_size(rng, len(kinds)), bool(rng.random() < 0.5)
    local = [sized(body, size) for body in bodies]
    starts = [draw_start(rng, upright) for _ in bodies]
    rotations = resting([body.vertices / size for body, _ in local], starts)
    outlines = [footprint(body.vertices @ r.T) for (body, _), r in zip(local, rotations, strict=True)]
    places = placed(outlines, rng)
    if places is None:
        return None
    instances, numbers = [], np.cumsum([kind is not None for kind in kinds])
    for i, (kind, (body, _), rotation, (turn, shift)) in enumerate(zip(kinds, local, rotations, places, strict=True)):
        path = instance_path(name, kind, int(numbers[i]))
        instances.append(Instance(instance_name(i), path, body, standing(rotation, body.vertices, turn, shift)))
    poses = orbit_poses(draw_orbit(rng), settings.views)
    if not all_in_view(np.stack([instance.pose[:3, 3] for instance in instances]), poses):
        return None
    seen = blockers(instances)
    for kind, version, (_, middle), instance in zip(kinds, bodies, local, instances, strict=True):
        if kind is None:
            continue
        both = [change_in_world(c, instance, size, middle) for c in changes(mesh, version)]
        if best_view(both, poses, settings.image_size, seen) < settings.fewest_pixels:
            return None
    return Plan(instances, poses)


def best_view(both: list[Change], poses: Array, image_size: int, seen: CastRays) -> float:
    """Pixels of the changes (new and gone surface) in the view that shows most of them."""
    focal = float(intrinsics(image_size)[0, 0])
    return max(max(visible_pixels(c, pose[:3, 3], -pose[:3, 2], focal, seen) for c in both) for pose in poses)
