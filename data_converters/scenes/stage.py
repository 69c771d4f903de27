"""A scene in Blender: pictures, exact index and depth maps, and what hides what. Needs `bpy`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import bpy

# bpy first: it makes mathutils importable
# isort: split
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray
from PIL import Image
from rendering.blender import add_camera, exact_render, set_up_cycles, silent_stdout

from scenes.blender_mesh import blender_mesh, coloured_surface
from scenes.floor import Floor, add_floor
from scenes.instance import Instance
from scenes.light import Light, add_light
from scenes.mesh import Array, Mask
from scenes.placement import CAMERA_ANGLE_X

os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")
import cv2  # noqa: E402, it reads the variable when it is loaded

SELF_DISTANCE = 1e-3
"""A hit this close to a point is that point's own surface, world units."""


class Stage:
    """Floor, light and instances, ready to be rendered from any pose."""

    def __init__(
        self, instances: list[Instance], floor: Floor, light: Light, image_size: int, samples: int, threads: int
    ) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene = bpy.context.scene
        surface = coloured_surface()
        for number, instance in enumerate(instances, start=1):
            added = bpy.data.objects.new(instance.name, blender_mesh(instance.name, instance.mesh, surface))
            added.matrix_world = Matrix(instance.pose.tolist())
            added.pass_index = number
            self.scene.collection.objects.link(added)
        add_floor(self.scene, floor).pass_index = len(instances) + 1
        add_light(self.scene, light)
        self.camera = add_camera(self.scene, CAMERA_ANGLE_X)
        set_up_cycles(self.scene, image_size, samples, threads)
        # the light of a third bounce is too faint to see under an open sky
        self.scene.cycles.max_bounces = self.scene.cycles.diffuse_bounces = 2
        # choosing among three lights by a tree costs more than it saves
        self.scene.cycles.use_light_tree = False
        self._index_and_depth = index_and_depth_material()

    def picture(self, pose: Array, seed: int) -> NDArray[np.uint8]:
        """Picture [H, W, 3] for a camera-to-world pose [4, 4]."""
        self.scene.cycles.seed = seed % 2**31
        self.scene.render.film_transparent = False
        self.scene.render.image_settings.file_format = "PNG"
        self.scene.render.image_settings.color_depth = "8"
        with tempfile.TemporaryDirectory() as folder:
            return np.asarray(Image.open(self._rendered(pose, Path(folder) / "picture.png")).convert("RGB"))

    def index_and_depth(self, pose: Array) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """What is seen at every pixel's centre.

        Returns:
            the number [H, W] of the instance (from 1; the floor's comes after those, the sky has 0), and the depth
            [H, W] along the viewing axis in world units, infinite in the sky
        """
        self.scene.render.film_transparent = True
        self.scene.render.image_settings.file_format = "OPEN_EXR"
        self.scene.render.image_settings.color_depth = "32"
        with tempfile.TemporaryDirectory() as folder, exact_render(self.scene, self._index_and_depth):
            bgr = cv2.imread(str(self._rendered(pose, Path(folder) / "maps.exr")), cv2.IMREAD_UNCHANGED)
        index = np.rint(bgr[..., 2]).astype(np.int64)
        return index, np.where(index > 0, bgr[..., 1], np.inf).astype(np.float32)

    def _rendered(self, pose: Array, path: Path) -> Path:
        self.camera.matrix_world = Matrix(pose.tolist())
        self.scene.render.filepath = str(path)
        with silent_stdout():
            bpy.ops.render.render(write_still=True)
        return path


def index_and_depth_material() -> bpy.types.Material:
    """A material that glows with its object's index in red and with the depth along the viewing axis in green."""
    material = bpy.data.materials.new("index and depth")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    info, camera = nodes.new("ShaderNodeObjectInfo"), nodes.new("ShaderNodeCameraData")
    both, emission = nodes.new("ShaderNodeCombineXYZ"), nodes.new("ShaderNodeEmission")
    output = nodes.new("ShaderNodeOutputMaterial")
    links.new(info.outputs["Object Index"], both.inputs["X"])
    links.new(camera.outputs["View Z Depth"], both.inputs["Y"])
    links.new(both.outputs["Vector"], emission.inputs["Color"])
    links.new(emission.outputs[0], output.inputs["Surface"])
    return material


class Blockers:
    """The instances as one tree to cast rays at."""

    def __init__(self, instances: list[Instance]) -> None:
        vertices, faces, first = [], [], 0
        for instance in instances:
            vertices.append(instance.in_world(instance.mesh.vertices))
            faces.append(instance.mesh.faces + first)
            first += len(instance.mesh.vertices)
        self.tree = BVHTree.FromPolygons(np.concatenate(vertices).tolist(), np.concatenate(faces).tolist())

    def seen(self, eye: Array, points: Array) -> Mask:
        """Whether each point [N, 3] of a surface is seen from `eye` [3]."""
        start, result = Vector(eye), np.zeros(len(points), bool)
        for number, point in enumerate(points):
            way = Vector(point) - start
            distance = self.tree.ray_cast(start, way, way.length)[3]
            result[number] = distance is None or distance > way.length - SELF_DISTANCE
        return result
