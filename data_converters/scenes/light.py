"""Light: a sky of two colours with clouds, a sun, and a large lamp. Needs `bpy`."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

# bpy first: it makes mathutils importable
# isort: split
from mathutils import Matrix, Vector
from rendering.cameras import on_sphere

from scenes.mesh import Array


@dataclass(frozen=True)
class Light:
    """Where light comes from."""

    sky: Array  # [2, 3] linear RGB: the two colours of the clouded sky
    strength: float
    sun: Array  # [3] direction to it, unit
    sun_power: float
    """Watts a square metre."""
    sun_width: float
    """Radians; a wide sun casts soft shadows."""
    lamp: Array  # [3] place
    lamp_power: float
    """Watts."""
    offset: Array  # [3]


def draw_light(rng: np.random.Generator) -> Light:
    """From an overcast day to a room with one window."""
    tint = np.clip(1 + rng.normal(0, 0.12, (2, 3)), 0.6, 1.4)
    return Light(
        sky=tint * [[rng.uniform(0.6, 1.0)], [rng.uniform(0.15, 0.5)]],
        strength=rng.uniform(0.4, 0.8),
        sun=on_sphere(np.radians(rng.uniform(35, 80)), rng.uniform(0, 2 * np.pi)),
        sun_power=rng.uniform(0.3, 1.8),
        sun_width=np.radians(rng.uniform(2, 30)),
        lamp=rng.uniform(1.2, 2.0) * on_sphere(np.radians(rng.uniform(40, 75)), rng.uniform(0, 2 * np.pi)),
        lamp_power=rng.uniform(1, 8),
        offset=rng.uniform(-10, 10, 3),
    )


def add_light(scene: bpy.types.Scene, light: Light) -> None:
    """Sky, sun and lamp."""
    scene.world = clouded_sky(light)
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy, sun.angle = light.sun_power, light.sun_width
    lamp = bpy.data.lights.new("lamp", "AREA")
    lamp.shape, lamp.size, lamp.energy = "DISK", 0.8, light.lamp_power
    for data, place in ((sun, light.sun), (lamp, light.lamp)):
        added = bpy.data.objects.new(data.name, data)
        turn = Vector(place).to_track_quat("Z", "Y").to_matrix().to_4x4()
        added.matrix_world = Matrix.Translation(place.tolist()) @ turn
        added.visible_camera = False
        scene.collection.objects.link(added)


def clouded_sky(light: Light) -> bpy.types.World:
    """Noise over the directions, between two colours."""
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    tree = world.node_tree
    place, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Location"].default_value = light.offset.tolist()
    noise, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 2.5, 1.5
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
    for element, colour in zip(ramp.color_ramp.elements, light.sky, strict=True):
        element.color = (*colour, 1.0)
    background = tree.nodes["Background"]
    background.inputs["Strength"].default_value = light.strength
    tree.links.new(place.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], background.inputs["Color"])
    return world
