"""Floors: a square with one of a few procedural patterns in two colours. Needs `bpy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy
import numpy as np

from scenes.mesh import Array

HALF_WIDTH = 1.6
"""World units; the edge shows behind the objects, as in ToysAD-8K."""
PATTERNS = ("noise", "marble", "wood", "checker", "tiles")


@dataclass(frozen=True)
class Floor:
    """What a floor looks like."""

    pattern: str
    colours: Array  # [2, 3] linear RGB
    scale: float
    turn: float
    """Radians about z."""
    roughness: float
    offset: Array  # [3]


def draw_floor(rng: np.random.Generator) -> Floor:
    """One of `PATTERNS` in two shades that are not too far apart."""
    first = rng.uniform(0.08, 0.6) * np.clip(1 + rng.normal(0, 0.18, 3), 0.4, 1.6)
    second = first * rng.uniform(0.35, 0.8) * np.clip(1 + rng.normal(0, 0.08, 3), 0.7, 1.3)
    return Floor(
        pattern=str(rng.choice(PATTERNS)),
        colours=np.clip([first, second], 0.01, 0.7),
        scale=float(np.exp(rng.uniform(np.log(2.5), np.log(9)))),
        turn=rng.uniform(0, 2 * np.pi),
        roughness=rng.uniform(0.25, 0.95),
        offset=rng.uniform(-10, 10, 3),
    )


def add_floor(scene: bpy.types.Scene, floor: Floor) -> bpy.types.Object:
    """A square at z = 0."""
    mesh = bpy.data.meshes.new("floor_object")
    w = HALF_WIDTH
    mesh.from_pydata([(-w, -w, 0), (w, -w, 0), (w, w, 0), (-w, w, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(floor_material(floor))
    added = bpy.data.objects.new("floor_object", mesh)
    scene.collection.objects.link(added)
    return added


def floor_material(floor: Floor) -> bpy.types.Material:
    """Pattern -> ramp between the two colours -> a dull or polished surface."""
    material = bpy.data.materials.new(floor.pattern)
    material.use_nodes = True
    tree = material.node_tree
    place, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Location"].default_value = floor.offset.tolist()
    mapping.inputs["Rotation"].default_value = (0, 0, floor.turn)
    tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    for element, colour in zip(ramp.color_ramp.elements, floor.colours, strict=True):
        element.color = (*colour, 1.0)
    texture, output = NODES[floor.pattern](tree, floor.scale)
    tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    tree.links.new(texture.outputs[output], ramp.inputs["Fac"])
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = floor.roughness
    tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    return material


Textured = tuple[bpy.types.ShaderNode, str]
"""A texture node and the output that drives the ramp."""


def noise(tree: bpy.types.NodeTree, scale: float) -> Textured:
    """Clouds."""
    node = tree.nodes.new("ShaderNodeTexNoise")
    node.inputs["Scale"].default_value, node.inputs["Detail"].default_value = scale, 5.0
    return node, "Fac"


def marble(tree: bpy.types.NodeTree, scale: float) -> Textured:
    """Clouds, drawn out into veins."""
    node, output = noise(tree, scale)
    node.inputs["Distortion"].default_value, node.inputs["Roughness"].default_value = 1.6, 0.65
    return node, output


def wood(tree: bpy.types.NodeTree, scale: float) -> Textured:
    """Grain."""
    node = tree.nodes.new("ShaderNodeTexWave")
    node.wave_type, node.bands_direction, node.wave_profile = "BANDS", "X", "SAW"
    for socket, value in {"Scale": scale, "Distortion": 6.0, "Detail": 3.0, "Detail Scale": 0.6}.items():
        node.inputs[socket].default_value = value
    return node, "Fac"


def checker(tree: bpy.types.NodeTree, scale: float) -> Textured:
    """Squares."""
    node = tree.nodes.new("ShaderNodeTexChecker")
    node.inputs["Scale"].default_value = scale
    return node, "Fac"


def tiles(tree: bpy.types.NodeTree, scale: float) -> Textured:
    """Tiles of slightly different shades, with joints."""
    node = tree.nodes.new("ShaderNodeTexBrick")
    node.offset = 0.0
    node.inputs["Color1"].default_value, node.inputs["Color2"].default_value = (0, 0, 0, 1), (0.3, 0.3, 0.3, 1)
    node.inputs["Mortar"].default_value = (1, 1, 1, 1)
    for socket, value in {"Scale": scale / 2, "Mortar Size": 0.015, "Brick Width": 0.5, "Row Height": 0.5}.items():
        node.inputs[socket].default_value = value
    return node, "Color"


NODES: dict[str, Callable[[bpy.types.NodeTree, float], Textured]] = {
    "noise": noise, "marble": marble, "wood": wood, "checker": checker, "tiles": tiles,
}  # fmt: skip
