"""GLB files to coloured meshes (read by trimesh)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from rendering.colour import to_linear
from rendering.errors import UserError

from scenes.mesh import Array, Mesh, joined, normalised, welded

SUFFIXES = (".glb", ".gltf")
Y_UP_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def mesh_files(folder: Path, only: tuple[str, ...] = ()) -> dict[str, Path]:
    """The meshes of a folder by name, in alphabetical order; a dash, which marks anomalies, becomes an underscore.

    Raises:
        UserError: the folder has none, or none of a name in `only`
    """
    if not folder.is_dir():
        raise UserError(f"--meshes {folder} is no folder: give one with GLB files")
    files = {p.stem.replace("-", "_"): p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
    if not files:
        raise UserError(f"--meshes {folder} has no GLB files: give a folder that has some")
    for name in only:
        if name not in files:
            raise UserError(f"--only-meshes {name} is not in {folder}: choose from {', '.join(files)}")
    return {name: path for name, path in files.items() if not only or name in only}


def read_mesh(path: Path) -> Mesh:
    """All surfaces of a file as one mesh, z up, centred, its longest side 1, welded.

    Textures become one colour a face; transparency is not read.

    Raises:
        UserError: the file cannot be read or has no faces
    """
    try:
        scene = trimesh.load_scene(path)
        placed = [(scene.graph[node], scene.geometry[str(scene.graph[node][1])]) for node in scene.graph.nodes_geometry]
        meshes = [coloured(g, np.asarray(t[0])) for t, g in placed if isinstance(g, trimesh.Trimesh) and len(g.faces)]
    except Exception as error:  # the readers raise whatever they like on a broken file
        raise UserError(f"{path} cannot be read ({error}): replace it or take it out of --meshes") from error
    if not meshes or joined(meshes).extent <= 0:
        raise UserError(f"{path} has no faces: take it out of --meshes")
    return welded(normalised(joined(meshes)))


def coloured(geometry: trimesh.Trimesh, transform: Array) -> Mesh:
    """One surface of the file, placed in its scene."""
    points = trimesh.transform_points(geometry.vertices, transform) @ Y_UP_TO_Z_UP.T
    faces = np.asarray(geometry.faces, np.int64)
    if np.linalg.det(transform[:3, :3]) < 0:
        faces = faces[:, ::-1]
    material = getattr(geometry.visual, "material", None)
    metallic, roughness = (number(getattr(material, k, None)) for k in ("metallicFactor", "roughnessFactor"))
    finish = np.tile([metallic if material is not None else 0.0, roughness], (len(faces), 1))
    return Mesh(points, faces, face_colours(geometry, material), finish)


def number(factor: Any) -> float:
    """A factor of a glTF material: 1 where it is left out."""
    return 1.0 if factor is None else float(factor)


def face_colours(geometry: trimesh.Trimesh, material: Any) -> Array:
    """Linear RGB [F, 3]: base colour times texture at the middle of the face, or colours of the vertices."""
    count = len(geometry.faces)
    if material is None:
        return np.asarray(geometry.visual.face_colors, float)[:, :3] / 255
    factor = getattr(material, "baseColorFactor", None)
    base = np.ones(3) if factor is None else np.asarray(factor, float)[:3] / 255  # trimesh scales it to bytes
    texture, uv = getattr(material, "baseColorTexture", None), getattr(geometry.visual, "uv", None)
    if texture is None or uv is None:
        return np.tile(base, (count, 1))
    pixels = np.asarray(texture.convert("RGB"), float) / 255
    u, v = np.mod(np.asarray(uv)[geometry.faces].mean(1), 1).T
    rows = np.minimum(((1 - v) * len(pixels)).astype(int), len(pixels) - 1)
    columns = np.minimum((u * pixels.shape[1]).astype(int), pixels.shape[1] - 1)
    return base * to_linear(pixels[rows, columns])
