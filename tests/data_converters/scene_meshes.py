"""Small meshes for the tests of the scenes."""

import numpy as np
from scenes.mesh import Mesh, joined, welded

RED, GREEN = (0.6, 0.05, 0.05), (0.05, 0.5, 0.05)


def box(low: tuple[float, ...], high: tuple[float, ...], colour: tuple[float, ...] = RED) -> Mesh:
    """An axis-aligned box of twelve triangles that turn outwards."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    vertices = np.array(low) + corners * (np.array(high) - np.array(low))
    return Mesh(vertices, faces, np.tile(colour, (12, 1)), np.tile((0.0, 0.5), (12, 1)))


def lollipop() -> Mesh:
    """A red block, extent 1, with a green stick: two closed pieces that interpenetrate."""
    return welded(
        joined([box((-0.3, -0.3, 0.0), (0.3, 0.3, 0.5)), box((-0.05, -0.05, -0.5), (0.05, 0.05, 0.1), GREEN)])
    )


def bar() -> Mesh:
    """One piece, extent 1 along x."""
    return box((-0.5, -0.12, -0.1), (0.5, 0.12, 0.1))
