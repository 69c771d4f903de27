"""A coloured triangle mesh as plain arrays, and the few things everybody asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Mesh:
    """Triangles with their colour; faces turn outwards. Corners that lie in one place are one vertex (`welded`)."""

    vertices: Array  # [V, 3]
    faces: Indices  # [F, 3]
    colours: Array  # [F, 3] linear RGB, 0 to 1
    finish: Array  # [F, 2] metallic and roughness, 0 to 1

    @property
    def corners(self) -> Array:
        """[F, 3, 3]: the three points of each face."""
        return self.vertices[self.faces]

    @property
    def areas(self) -> Array:
        """[F]."""
        a, b, c = self.corners.transpose(1, 0, 2)
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    @property
    def box(self) -> Array:
        """[2, 3]: lowest and highest corner of the bounding box of all faces."""
        used = self.corners.reshape(-1, 3)
        return np.stack([used.min(0), used.max(0)])

    @property
    def extent(self) -> float:
        """The longest side of the bounding box."""
        return float(np.ptp(self.box, axis=0).max())


def kept(mesh: Mesh, faces: Mask) -> Mesh:
    """The mesh of the marked faces [F] alone."""
    used, renumbered = np.unique(mesh.faces[faces], return_inverse=True)
    return Mesh(mesh.vertices[used], renumbered.reshape(-1, 3), mesh.colours[faces], mesh.finish[faces])


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """All faces in one mesh; nothing is welded."""
    first = np.cumsum([0, *(len(m.vertices) for m in meshes[:-1])])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + n for m, n in zip(meshes, first, strict=True)]),
        np.concatenate([m.colours for m in meshes]),
        np.concatenate([m.finish for m in meshes]),
    )


def welded(mesh: Mesh, tolerance: float = 1e-5) -> Mesh:
    """Vertices closer than about `tolerance` times the extent become one; faces without area go."""
    step = tolerance * max(mesh.extent, 1e-12)
    _, first, renumbered = np.unique(
        np.round(mesh.vertices / step).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    faces = renumbered.reshape(-1)[mesh.faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(1)
    return Mesh(mesh.vertices[first], faces[whole], mesh.colours[whole], mesh.finish[whole])


def normalised(mesh: Mesh) -> Mesh:
    """The bounding box centred on the origin, its longest side 1."""
    return replace(mesh, vertices=(mesh.vertices - mesh.box.mean(0)) / mesh.extent)


def piece_labels(mesh: Mesh, apart: Array | None = None) -> Indices:
    """For every face [F] the number of the connected surface it belongs to.

    Args:
        mesh: a welded mesh
        apart: [F, K] values, as colours; faces that differ in them are not connected even where they touch
    """
    if apart is None:
        nodes, count = mesh.faces, len(mesh.vertices)
    else:
        _, group = np.unique(np.round(apart, 6), axis=0, return_inverse=True)
        keys, nodes = np.unique(
            mesh.faces * (int(group.max(initial=0)) + 1) + group.reshape(-1, 1), return_inverse=True
        )
        nodes, count = nodes.reshape(-1, 3), len(keys)
    rows, columns = nodes[:, [0, 1]].reshape(-1), nodes[:, [1, 2]].reshape(-1)
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    _, of_node = connected_components(graph, directed=False)
    return np.unique(of_node[nodes[:, 0]], return_inverse=True)[1].reshape(-1)


def is_closed(mesh: Mesh) -> bool:
    """Whether every edge of a welded mesh is shared by an even number of faces, so that no hole shows its inside."""
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return bool((np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all())


def volume(mesh: Mesh) -> float:
    """Sum of the volumes of the closed surfaces, in cubed units; overlaps count twice."""
    labels = piece_labels(mesh)
    a, b, c = (mesh.corners - mesh.box.mean(0)).transpose(1, 0, 2)
    return float(np.abs(np.bincount(labels, (a * np.cross(b, c)).sum(1) / 6)).sum())


def surface_samples(mesh: Mesh, count: int, rng: np.random.Generator) -> tuple[Array, Indices]:
    """Points [N, 3] spread evenly over the surface, and the face [N] of each."""
    areas = mesh.areas
    face = rng.choice(len(areas), count, p=areas / areas.sum())
    weights = rng.dirichlet(np.ones(3), count)
    return (mesh.corners[face] * weights[..., None]).sum(1), face
