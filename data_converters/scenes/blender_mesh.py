"""Meshes and their surface in Blender. Needs `bpy`."""

from __future__ import annotations

import bpy
import numpy as np

from scenes.mesh import Mesh

SMOOTH = np.radians(35)
"""Edges with a larger angle between their faces stay sharp."""


def blender_mesh(name: str, mesh: Mesh, surface: bpy.types.Material) -> bpy.types.Mesh:
    """The mesh with its colours and finish as attributes of the faces, which `coloured_surface` reads."""
    made = bpy.data.meshes.new(name)
    made.from_pydata(mesh.vertices.tolist(), [], mesh.faces.tolist())
    colours = made.attributes.new("colour", "FLOAT_COLOR", "FACE")
    colours.data.foreach_set("color", np.column_stack([mesh.colours, np.ones(len(mesh.faces))]).ravel())
    for column, attribute in enumerate(("metallic", "roughness")):
        made.attributes.new(attribute, "FLOAT", "FACE").data.foreach_set(
            "value", np.ascontiguousarray(mesh.finish[:, column])
        )
    made.shade_smooth()
    made.set_sharp_from_angle(angle=SMOOTH)
    made.materials.append(surface)
    return made


def coloured_surface() -> bpy.types.Material:
    """One surface for everything: colour, metallic and roughness come from the faces."""
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    for attribute, (output, socket) in {
        "colour": ("Color", "Base Color"),
        "metallic": ("Fac", "Metallic"),
        "roughness": ("Fac", "Roughness"),
    }.items():
        node = tree.nodes.new("ShaderNodeAttribute")
        node.attribute_name = attribute
        tree.links.new(node.outputs[output], shader.inputs[socket])
    return material
