"""Cut a mesh along a sheet and close what is cut, piece by piece."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay, QhullError, cKDTree

from scenes.mesh import Array, Mask, Mesh, joined, kept, piece_labels
from scenes.sheet import Sheet
from scenes.subdivide import subdivided, unique_edges

CAP_STEP = 0.02
"""Distance of the grid points that fill a cut, share of the mesh's extent; also the finest detail of its outline."""
RAW_FINISH = (0.0, 0.9)
"""Metallic and roughness of a fresh break."""


def cut(mesh: Mesh, sheet: Sheet, side: int, shade: float, step: float = CAP_STEP) -> Mesh | None:
    """What lies on one side of a sheet, each connected surface closed along the cut.

    Args:
        mesh: a welded mesh, faces outwards
        sheet: where to cut
        side: -1 keeps what is below the sheet, 1 what is above
        shade: colour of the cut, relative to the mean colour of the piece (below 1 darker, above 1 paler)
        step: see `CAP_STEP`, in the mesh's units

    Returns:
        None where nothing is left.
    """
    mesh = near_sheet_subdivided(mesh, sheet, step)
    labels = piece_labels(mesh)
    parts = []
    for label in range(labels.max() + 1):
        piece = kept(mesh, labels == label)
        left, rim = clipped(piece, side * sheet.above(piece.vertices))
        if len(left.faces):
            parts.append(left)
        if len(rim) >= 3:
            parts += cap(rim, sheet, side, shaded_mean(piece, shade), step)
    return joined(parts) if parts else None


def near_sheet_subdivided(mesh: Mesh, sheet: Sheet, step: float) -> Mesh:
    """Edges that a rough sheet can cross become at most `2 * step` long; a flat one needs none of that."""
    if not len(sheet.waves):
        return mesh
    reach = np.abs(sheet.waves[:, 3]).sum() + abs(sheet.opening) * sheet.reach

    def crossing(a: Array, b: Array) -> Mask:
        levels = np.stack([(end - sheet.origin) @ sheet.axes[2] for end in (a, b)])
        return (levels.min(0) < reach) & (levels.max(0) > -reach)

    return subdivided(mesh, 2 * step, crossing)


def clipped(mesh: Mesh, values: Array) -> tuple[Mesh, Array]:
    """The part of a mesh where a linear function given at the vertices [V] is positive.

    Returns:
        the part, and the edges [S, 2, 3] (two points each) along which it was cut
    """
    values = np.where(np.abs(values) < 1e-9, 1e-9, values)
    inside = values > 0
    edges, of_face = unique_edges(mesh.faces)
    crossing = inside[edges[:, 0]] != inside[edges[:, 1]]
    a, b = edges[crossing].T
    t = (values[a] / (values[a] - values[b]))[:, None]
    vertices = np.concatenate([mesh.vertices, (1 - t) * mesh.vertices[a] + t * mesh.vertices[b]])
    number = np.cumsum(crossing) - 1 + len(mesh.vertices)
    state = inside[mesh.faces]
    count = state.sum(1)
    # turn each face so that the corner that differs from the two others comes first
    turn = np.where(count == 1, state.argmax(1), np.where(count == 2, state.argmin(1), 0))
    order = (turn[:, None] + np.arange(3)) % 3
    (p, q, r) = np.take_along_axis(mesh.faces, order, axis=1).T
    pq, _, rp = number[np.take_along_axis(of_face, order, axis=1)].T
    whole, one, two = count == 3, count == 1, count == 2
    faces = [
        np.stack([p, q, r], 1)[whole],
        np.stack([p, pq, rp], 1)[one],
        np.stack([pq, q, r], 1)[two],
        np.stack([pq, r, rp], 1)[two],
    ]
    source = np.concatenate([np.flatnonzero(m) for m in (whole, one, two, two)])
    rim = np.concatenate([np.stack([pq, rp], 1)[one], np.stack([rp, pq], 1)[two]])
    part = Mesh(vertices, np.concatenate(faces), mesh.colours[source], mesh.finish[source])
    return kept(part, np.ones(len(source), bool)), vertices[rim]


def cap(rim: Array, sheet: Sheet, side: int, colour: Array, step: float) -> list[Mesh]:
    """Triangles that fill the outline `rim` [S, 2, 3] on the sheet; none where the outline holds no area.

    Where outline points lie in one line the edges need not match those of the surface; the gap has no width.
    """
    outline = sheet.coordinates(rim.reshape(-1, 3))
    segments = outline.reshape(-1, 2, 2)
    low, high = outline.min(0), outline.max(0)
    ticks = [np.arange(lo, hi, step) for lo, hi in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*ticks), -1).reshape(-1, 2)
    filling = grid[inside_outline(grid, segments)] if len(grid) else grid
    if len(filling):
        filling = filling[cKDTree(outline).query(filling)[0] > 0.5 * step]
    uv, first = np.unique(np.round(np.concatenate([outline, filling]), 9), axis=0, return_index=True)
    try:
        triangles = Delaunay(uv).simplices
    except (QhullError, ValueError):  # all in one line, or fewer than three
        return []
    triangles = triangles[inside_outline(uv[triangles].mean(1), segments)]
    if not len(triangles):
        return []
    # outline points keep their place, so that the cap meets the surface exactly
    points = np.concatenate([rim.reshape(-1, 3), sheet.points(filling)])[first]
    a, b, c = uv[triangles].transpose(1, 0, 2)
    turn = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    # what lies below is closed by faces that look up
    wrong = turn * -side < 0
    triangles = np.where(wrong[:, None], triangles[:, ::-1], triangles).astype(np.int64)
    count = len(triangles)
    return [Mesh(points, triangles, np.tile(colour, (count, 1)), np.tile(RAW_FINISH, (count, 1)))]


def inside_outline(points: Array, segments: Array) -> Mask:
    """Even-odd rule: whether each point [N, 2] lies inside closed outlines given as segments [S, 2, 2] in any order."""
    (ax, ay), (bx, by) = segments[:, 0].T, segments[:, 1].T
    result = np.zeros(len(points), bool)
    for start in range(0, len(points), 4096):
        x, y = points[start : start + 4096].T[..., None]
        crosses = (ay > y) != (by > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = ax + (y - ay) / (by - ay) * (bx - ax)
        result[start : start + 4096] = (crosses & (at > x)).sum(1) % 2 == 1
    return result


def shaded_mean(mesh: Mesh, shade: float) -> Array:
    """Mean colour [3] of a mesh, darker for `shade` < 1, paler (towards white) for `shade` > 1."""
    mean = np.average(mesh.colours, axis=0, weights=np.maximum(mesh.areas, 1e-12))
    return mean * shade if shade <= 1 else mean + (1 - 1 / shade) * (1 - mean)
