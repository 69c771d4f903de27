"""Finer triangles where a coarse mesh must bend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenes.mesh import Array, Indices, Mask, Mesh


def subdivided(mesh: Mesh, longest_edge: float, wanted: Callable[[Array, Array], Mask] | None = None) -> Mesh:
    """Split edges in half until none is longer than `longest_edge`; shape, colours and welding stay as they are.

    An edge is split for both of its faces, so no gap can open when the vertices move.

    Args:
        mesh: a welded mesh
        longest_edge: in the mesh's units
        wanted: which of the edges with ends [E, 3] and [E, 3] may be split; None is all
    """
    while True:
        edges, of_face = unique_edges(mesh.faces)
        a, b = mesh.vertices[edges].transpose(1, 0, 2)
        long = np.linalg.norm(b - a, axis=1) > longest_edge
        if wanted is not None:
            long &= wanted(a, b)
        if not long.any():
            return mesh
        mesh = split_edges(mesh, edges, of_face, long)


def distance_to_segments(point: Array, a: Array, b: Array) -> Array:
    """Distance [E] of a point [3] to the segments from `a` to `b` [E, 3]."""
    along = b - a
    t = ((point - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-18)
    return np.linalg.norm(a + np.clip(t, 0, 1)[:, None] * along - point, axis=1)


def unique_edges(faces: Indices) -> tuple[Indices, Indices]:
    """Every edge once [E, 2], and the edges [F, 3] of each face: from corner 0 to 1, 1 to 2, 2 to 0."""
    pairs = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], -1).reshape(-1, 2), axis=1)
    edges, of_face = np.unique(pairs, axis=0, return_inverse=True)
    return edges, of_face.reshape(-1, 3)


def split_edges(mesh: Mesh, edges: Indices, of_face: Indices, split: Mask) -> Mesh:
    """Halve the marked edges [E]; a face becomes two, three or four."""
    middle = np.cumsum(split) - 1 + len(mesh.vertices)
    vertices = np.concatenate([mesh.vertices, mesh.vertices[edges[split]].mean(1)])
    marked = split[of_face]
    count = marked.sum(1)
    # turn each face so that a lone split edge comes first and a lone whole edge comes last
    turn = np.where(count == 1, marked.argmax(1), np.where(count == 2, (marked.argmin(1) + 1) % 3, 0))
    order = (turn[:, None] + np.arange(3)) % 3
    corner = np.take_along_axis(mesh.faces, order, axis=1)
    half = middle[np.take_along_axis(of_face, order, axis=1)]
    (a, b, c), (ab, bc, ca) = corner.T, half.T
    patterns = {
        0: [(a, b, c)],
        1: [(a, ab, c), (ab, b, c)],
        2: [(a, ab, c), (ab, bc, c), (ab, b, bc)],
        3: [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)],
    }
    faces, source = [], []
    for number, triangles in patterns.items():
        rows = np.flatnonzero(count == number)
        for triangle in triangles:
            faces.append(np.stack(triangle, 1)[rows])
            source.append(rows)
    origin = np.concatenate(source)
    return Mesh(vertices, np.concatenate(faces), mesh.colours[origin], mesh.finish[origin])
