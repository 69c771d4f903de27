"""One thing on the floor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenes.changed import Change
from scenes.mesh import Array, Mesh


@dataclass(frozen=True)
class Instance:
    """A mesh around its own origin, and where it stands."""

    name: str
    """`object`, `object.001`, ..., as Blender counts."""
    path: str
    """`NAME/NAME_000.blend` or, where something is wrong, `NAME/NAME_000-KIND-001.blend`."""
    mesh: Mesh
    """World units; the middle of its box is the origin."""
    pose: Array  # [4, 4] object-to-world, rotation and translation

    def in_world(self, points: Array) -> Array:
        """Points [N, 3] of the mesh's frame in the world."""
        return points @ self.pose[:3, :3].T + self.pose[:3, 3]


def instance_path(mesh_name: str, kind: str | None, number: int) -> str:
    """How the layout says whether something is wrong: a dash in the file's name, then the kind."""
    suffix = "" if kind is None else f"-{kind}-{number:03d}"
    return f"{mesh_name}/{mesh_name}_000{suffix}.blend"


def instance_name(number: int) -> str:
    """The name of the instance with this number, from 0."""
    return f"object.{number:03d}" if number else "object"


def sized(mesh: Mesh, size: float) -> tuple[Mesh, Array]:
    """The mesh around the middle of its box, `size` times as large, and that middle [3] before."""
    middle = mesh.box.mean(0)
    return replace(mesh, vertices=(mesh.vertices - middle) * size), middle


def standing(rotation: Array, vertices: Array, turn: float, shift: Array) -> Array:
    """Pose [4, 4] of a body that lies in `rotation` [3, 3], turned about z, at `shift` [2], its lowest point at z 0."""
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) @ rotation
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, [*shift, -(vertices @ rotation.T)[:, 2].min()]
    return pose


def change_in_world(change: Change, instance: Instance, size: float, middle: Array) -> Change:
    """A change of the mesh before `sized`, where the instance stands."""
    return Change(
        points=instance.in_world((change.points - middle) * size),
        normals=change.normals @ instance.pose[:3, :3].T,
        area=change.area * size**2,
    )
