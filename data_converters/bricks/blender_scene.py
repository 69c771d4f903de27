"""The toy in Blender: meshes, plastic, lights, camera, and the two renders (picture, object indices). Needs `bpy`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

# bpy first: it makes bmesh and mathutils importable
# isort: split
import bmesh
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray
from PIL import Image
from rendering.blender import add_camera, exact_render, set_up_cycles, silent_stdout
from rendering.cameras import project
from rendering.colour import to_linear

from bricks.defects import Hit, Surface
from bricks.palette import srgb
from bricks.parts import Solid
from bricks.toy import Toy, all_vertices, placed_solids, world_scale

Array = NDArray[np.float64]

DEFECT_INDEX = 255
"""Value of the added geometry in an index map; part i has the value i + 1."""
BEVEL = 0.045
"""Width of the rounded edges in studs."""


@dataclass(frozen=True)
class RenderOptions:
    """What a picture depends on besides the toy and the pose."""

    image_size: int
    camera_angle_x: float
    """Radians."""
    samples: int
    threads: int
    """0 takes all cores."""
    world_light: float
    key_light: float
    under_light: float
    roughness: float
    toy_radius: float


class BrickScene:
    """One toy, ready to be rendered from any pose, with or without a defect."""

    def __init__(self, toy: Toy, options: RenderOptions) -> None:
        if len(toy.parts) >= DEFECT_INDEX:
            raise ValueError(f"{toy.name} has {len(toy.parts)} parts; an 8 bit index map holds {DEFECT_INDEX - 1}")
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.toy, self.options, self.scene = toy, options, bpy.context.scene
        self._materials: dict[tuple, bpy.types.Material] = {}
        bevel, placed = BEVEL * world_scale(toy, options.toy_radius), placed_solids(toy, options.toy_radius)
        self.objects = [
            self._add(bevelled_mesh(part.name, solids, bevel), self._plastic(srgb(part.colour), options.roughness), i)
            for i, (part, solids) in enumerate(zip(toy.parts, placed, strict=True), start=1)
        ]
        self._points, self._added_points = all_vertices(placed), np.zeros((0, 3))
        self._tree, self._part_of_polygon = ray_tree(self.objects)
        self._index_material = index_material()
        self.camera = add_camera(self.scene, options.camera_angle_x)
        add_lights(self.scene, options)
        set_up_cycles(self.scene, options.image_size, options.samples, options.threads)

    def cast(self, origin: Array, direction: Array) -> Hit | None:
        """First hit of a world-frame ray on the toy without defects."""
        point, normal, polygon, _ = self._tree.ray_cast(Vector(origin), Vector(direction))
        if point is None or normal.dot(Vector(direction)) >= 0:
            return None
        return Hit(np.array(point), np.array(normal), int(self._part_of_polygon[polygon]))

    def picture(self, pose: Array, seed: int) -> NDArray[np.uint8]:
        """Picture [H, W, 3] on exact white for a camera-to-world pose [4, 4]."""
        self.scene.cycles.seed = seed % 2**31
        rgba = self._render(pose).astype(np.float64)
        alpha = rgba[..., 3:] / 255
        return np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)

    def indices(self, pose: Array) -> NDArray[np.uint8]:
        """Object index [H, W] seen at every pixel's centre: 0 background, part + 1, `DEFECT_INDEX`."""
        with exact_render(self.scene, self._index_material):
            return self._render(pose)[..., 0]

    def shows_added(self, pose: Array) -> NDArray[np.bool_]:
        """Mask [H, W] of the spur or stain that is on the toy."""
        return self.indices(pose) == DEFECT_INDEX

    @contextlib.contextmanager
    def added(self, surface: Surface) -> Iterator[None]:
        """The toy with a spur or a stain."""
        part = self.toy.parts[surface.part]
        colour = srgb(part.colour) if surface.colour is None else surface.colour
        roughness = self.options.roughness if surface.colour is None else surface.roughness
        mesh = bpy.data.meshes.new("defect")
        mesh.from_pydata(surface.vertices.tolist(), [], surface.faces.tolist())
        mesh.shade_smooth()
        added = self._add(mesh, self._plastic(colour, roughness), DEFECT_INDEX)
        self._added_points = surface.vertices[np.unique(surface.faces)]
        try:
            yield
        finally:
            self._added_points = np.zeros((0, 3))
            bpy.data.objects.remove(added)
            bpy.data.meshes.remove(mesh)

    @contextlib.contextmanager
    def without(self, part: int) -> Iterator[None]:
        """The toy without one part."""
        self.objects[part].hide_render = True
        try:
            yield
        finally:
            self.objects[part].hide_render = False

    def _add(self, mesh: bpy.types.Mesh, material: bpy.types.Material, index: int) -> bpy.types.Object:
        mesh.materials.append(material)
        added = bpy.data.objects.new(mesh.name, mesh)
        added.pass_index = index
        self.scene.collection.objects.link(added)
        return added

    def _plastic(self, colour: Array, roughness: float) -> bpy.types.Material:
        key = (*np.round(colour, 6), round(roughness, 6))
        if key not in self._materials:
            material = bpy.data.materials.new("plastic")
            material.use_nodes = True
            shader = material.node_tree.nodes["Principled BSDF"]
            shader.inputs["Base Color"].default_value = (*to_linear(colour), 1.0)
            shader.inputs["Roughness"].default_value = roughness
            self._materials[key] = material
        return self._materials[key]

    def _render(self, pose: Array) -> NDArray[np.uint8]:
        self.camera.matrix_world = Matrix(pose.tolist())
        set_border(
            self.scene, project(np.concatenate([self._points, self._added_points]), pose, self.camera.data.angle_x)
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "render.png"
            self.scene.render.filepath = str(path)
            with silent_stdout():
                bpy.ops.render.render(write_still=True)
            return np.asarray(Image.open(path).convert("RGBA"))


def bevelled_mesh(name: str, solids: list[Solid], width: float) -> bpy.types.Mesh:
    """One mesh of several solids; sharp edges become narrow round ones, large faces stay flat."""
    result = bmesh.new()
    for solid in solids:
        vertices = [result.verts.new(v) for v in solid.vertices]
        for face in solid.faces:
            result.faces.new([vertices[i] for i in face])
    result.normal_update()
    sharp = [edge for edge in result.edges if is_sharp(edge)]
    for face in result.faces:
        # the sides of round bricks: quads whose two upright edges are soft
        face.smooth = len(face.edges) == 4 and not any(is_sharp(edge) for edge in list(face.edges)[1::2])
    rounded = bmesh.ops.bevel(
        result, geom=sharp, offset=width, offset_type="OFFSET", segments=3, profile=0.5, affect="EDGES",
        clamp_overlap=True,
    )  # fmt: skip
    for face in rounded["faces"]:
        face.smooth = True
    mesh = bpy.data.meshes.new(name)
    result.to_mesh(mesh)
    result.free()
    return mesh


def is_sharp(edge: bmesh.types.BMEdge) -> bool:
    """True where two faces meet at more than the angle between the sides of a round brick."""
    return edge.calc_face_angle(0.0) > np.radians(35)


def ray_tree(objects: list[bpy.types.Object]) -> tuple[BVHTree, NDArray[np.int64]]:
    """A tree over all polygons, and the part [P] that each polygon belongs to."""
    vertices, polygons, parts = [], [], []
    for part, item in enumerate(objects):
        first = len(vertices)
        vertices += [v.co.copy() for v in item.data.vertices]
        polygons += [[first + i for i in polygon.vertices] for polygon in item.data.polygons]
        parts += [part] * len(item.data.polygons)
    return BVHTree.FromPolygons(vertices, polygons), np.array(parts)


def index_material() -> bpy.types.Material:
    """A material that glows with its object's index / 255."""
    material = bpy.data.materials.new("index")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    info, divide = nodes.new("ShaderNodeObjectInfo"), nodes.new("ShaderNodeMath")
    emission, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    divide.operation, divide.inputs[1].default_value = "DIVIDE", 255.0
    links.new(info.outputs["Object Index"], divide.inputs[0])
    links.new(divide.outputs[0], emission.inputs["Strength"])
    links.new(emission.outputs[0], output.inputs["Surface"])
    return material


def add_lights(scene: bpy.types.Scene, options: RenderOptions) -> None:
    """An even white sky and three large lamps that stay where they are while the camera moves."""
    scene.world = bpy.data.worlds.new("sky")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = options.world_light
    lamps = {
        "key": ((3.5, -3.0, 4.5), 3.0, options.key_light),
        "fill": ((-3.5, 3.5, 2.5), 4.0, 0.5 * options.key_light),
        "under": ((-1.5, -1.0, -5.0), 4.0, options.under_light),
    }
    for name, (position, size, watts) in lamps.items():
        data = bpy.data.lights.new(name, "AREA")
        data.shape, data.size, data.energy = "DISK", size, watts
        lamp = bpy.data.objects.new(name, data)
        lamp.matrix_world = Matrix.Translation(position) @ Vector(position).to_track_quat("Z", "Y").to_matrix().to_4x4()
        lamp.visible_camera = False
        scene.collection.objects.link(lamp)


def set_border(scene: bpy.types.Scene, image_points: Array, padding: int = 8) -> None:
    """Render only the rectangle around the toy: sampling and denoising cost time, and the rest is white anyway.

    `image_points` [N, 2] as from `camera_rig.project`; `padding` in pixels.
    """
    room = padding / scene.render.resolution_x
    low = (np.clip(image_points.min(0), -1, 1) + 1) / 2 - room
    high = (np.clip(image_points.max(0), -1, 1) + 1) / 2 + room
    scene.render.use_border, scene.render.use_crop_to_border = True, False
    scene.render.border_min_x, scene.render.border_min_y = np.clip(low, 0, 1)
    scene.render.border_max_x, scene.render.border_max_y = np.clip(high, 0, 1)
