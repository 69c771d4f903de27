"""How things lie once they have fallen: Blender's rigid bodies. Needs `bpy`."""

from __future__ import annotations

import bpy
import numpy as np

# bpy first: it makes mathutils importable
# isort: split
from mathutils import Matrix
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from scenes.mesh import Array

FRAMES = 120
SPACING = 6.0
"""Distance between the bodies, whose extent is about 1: each falls alone."""


def resting_rotations(bodies: list[Array], starts: list[Array]) -> list[Array]:
    """Rotations [3, 3] in which bodies lie on a floor after a fall.

    Each body falls as its convex hull, with the centre of its box as centre of mass.

    Args:
        bodies: vertices [V, 3] of each, extent about 1
        starts: rotation [3, 3] of each when it is let go
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.rigidbody.world_add()
    scene.rigidbody_world.substeps_per_frame = 20
    scene.rigidbody_world.point_cache.frame_end = FRAMES
    width = SPACING * (len(bodies) + 1)
    add_body("floor", box(width, width, 1.0), Matrix.Translation((0, 0, -0.5)), "PASSIVE", "BOX")
    fallen = []
    for number, (body, start) in enumerate(zip(bodies, starts, strict=True)):
        hull = ConvexHull(body)
        points = body[hull.vertices]
        place = Matrix(start.tolist()).to_4x4()
        lowest = (points @ start.T)[:, 2].min()
        place.translation = (SPACING * (number - (len(bodies) - 1) / 2), 0, 0.15 - lowest)
        fallen.append(add_body(f"body{number}", points, place, "ACTIVE", "CONVEX_HULL"))
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    return [np.array(body.evaluated_get(graph).matrix_world.to_3x3().normalized()) for body in fallen]


def add_body(name: str, points: Array, place: Matrix, kind: str, shape: str) -> bpy.types.Object:
    """A rigid body with the convex hull of points [N, 3]."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], ConvexHull(points).simplices.tolist())
    body = bpy.data.objects.new(name, mesh)
    body.matrix_world = place
    bpy.context.scene.collection.objects.link(body)
    with bpy.context.temp_override(object=body, active_object=body, selected_objects=[body]):
        bpy.ops.rigidbody.object_add(type=kind)
    rigid = body.rigid_body
    rigid.collision_shape, rigid.use_margin, rigid.collision_margin = shape, True, 0.002
    rigid.friction, rigid.restitution = 0.7, 0.0
    rigid.linear_damping, rigid.angular_damping = 0.1, 0.4
    return body


def box(x: float, y: float, z: float) -> Array:
    """The corners [8, 3] of a box around the origin with these sides."""
    return np.stack(np.meshgrid([-x / 2, x / 2], [-y / 2, y / 2], [-z / 2, z / 2]), -1).reshape(-1, 3)


def draw_start(rng: np.random.Generator, upright: bool) -> Array:
    """A rotation [3, 3] to be let go in: a little tilted, so that most things keep standing, or any."""
    if not upright:
        return Rotation.random(random_state=rng).as_matrix()
    return Rotation.from_rotvec(np.radians(rng.uniform(0, 8)) * np.array([*unit2(rng), 0.0])).as_matrix()


def unit2(rng: np.random.Generator) -> Array:
    """A random direction [2]."""
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])
