"""Objects that nobody drew: swept bodies with parts grown on them, to learn from without seeing any real mesh."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial.transform import Rotation

from scenes.mesh import Array, Indices, Mesh, joined, normalised, welded
from scenes.pieces import body_count

PREFIX = "random_"
"""Names are this and a whole number."""
MOST_PARTS = 5
SECTIONS, AROUND = 20, 24
"""Rings of a swept body, and vertices of a ring."""
SUNK = 0.3
"""Of a part's width, by which it reaches into what it has grown on."""


def random_name(number: int) -> str:
    """The name of the object of this number."""
    return f"{PREFIX}{number:05d}"


def random_mesh(number: int) -> Mesh:
    """The object of this number, the same every time: `normalised` and `welded`.

    A body, swept along a line, an arc or a ring, with none to five parts that all hold together; a part stands alone,
    or in copies around the body.
    """
    attempts = (drawn(np.random.default_rng((number, attempt))) for attempt in count())
    return next(mesh for mesh in attempts if body_count(mesh) == 1)


def drawn(rng: np.random.Generator) -> Mesh:
    """An object that may be in pieces."""
    palette = rng.uniform(0.02, 0.85, (rng.integers(1, 5), 3)) ** rng.uniform(1.0, 2.0)
    flat = rng.random() < 0.25
    width = rng.uniform(0.35, 0.6) if flat else rng.uniform(0.12, 0.5)
    body = swept(rng, rng.uniform(0.08, 0.25) if flat else rng.uniform(0.5, 1.6), width, palette)
    pieces = [body]
    for _ in range(rng.integers(0, MOST_PARTS + 1)):
        part = grown_on(rng, body, palette)
        copies = int(rng.integers(2, 5)) if rng.random() < 0.3 else 1
        pieces += [turned(part, 2 * np.pi * copy / copies) for copy in range(copies)]
    return welded(normalised(joined(pieces)))


def grown_on(rng: np.random.Generator, body: Mesh, palette: Array) -> Mesh:
    """A smaller swept part that sticks out of a body's surface."""
    corners = body.corners[rng.choice(len(body.faces), p=body.areas / body.areas.sum())]
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    outwards = normal / np.linalg.norm(normal) + rng.normal(0.0, 0.3, 3)
    width = rng.uniform(0.04, 0.22)
    part = swept(rng, rng.uniform(0.1, 0.7), width, palette)
    lowest = part.vertices[:, 2].min()
    turn = Rotation.align_vectors(outwards[None], [[0.0, 0.0, 1.0]])[0] * Rotation.from_rotvec(
        [0.0, 0.0, rng.uniform(0, 2 * np.pi)]
    )
    up = part.vertices - [0.0, 0.0, lowest + SUNK * width]
    return replace(part, vertices=turn.apply(up) + corners.mean(0))


def turned(mesh: Mesh, angle: float) -> Mesh:
    """Turned about the z axis by radians."""
    return replace(mesh, vertices=Rotation.from_rotvec([0.0, 0.0, angle]).apply(mesh.vertices))


def swept(rng: np.random.Generator, length: float, width: float, palette: Array) -> Mesh:
    """A closed surface of rings along a line, an arc or a circle; z is along its spine at the start.

    Args:
        rng: decides about its form and its colours
        length: of its spine
        width: its greatest radius
        palette: linear RGB [P, 3]
    """
    along, around = np.linspace(0, 1, SECTIONS), np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    is_ring = rng.random() < 0.1
    radii = width * (np.full(SECTIONS, 0.35) if is_ring else profile(rng, along))
    outline = cross_section(rng, around)  # [A, 2]
    bend = 2 * np.pi if is_ring else rng.uniform(0.5, 2.5) if rng.random() < 0.25 else 1e-6
    if is_ring:
        along = np.arange(SECTIONS) / SECTIONS
        length = 2 * np.pi * width * rng.uniform(0.8, 1.5)
    twist = rng.uniform(-1.5, 1.5) * along if rng.random() < 0.15 else np.zeros(SECTIONS)
    cosine, sine = np.cos(twist)[:, None], np.sin(twist)[:, None]
    x = radii[:, None] * (cosine * outline[:, 0] - sine * outline[:, 1])
    y = radii[:, None] * (sine * outline[:, 0] + cosine * outline[:, 1])
    angle, arc = (bend * along)[:, None], length / bend
    rings = np.stack([arc - (arc - x) * np.cos(angle), y, (arc - x) * np.sin(angle)], axis=-1)
    faces = ring_faces(SECTIONS, AROUND, is_ring)
    vertices = rings.reshape(-1, 3)
    if not is_ring:
        vertices = np.concatenate([vertices, rings[[0, -1]].mean(1)])
    colours = painted(rng, faces, palette)
    finish = np.tile([0.8 if rng.random() < 0.15 else 0.0, rng.uniform(0.25, 0.9)], (len(faces), 1))
    return Mesh(vertices, faces, colours, finish)


def profile(rng: np.random.Generator, along: Array) -> Array:
    """Radii [S] in (0, 1] along the spine: a bar, a ball, a cone, steps, or a curve as of a bottle."""
    kind = rng.choice(["bar", "ball", "cone", "steps", "curve"], p=[0.25, 0.2, 0.1, 0.15, 0.3])
    if kind == "bar":
        return np.ones(len(along))
    if kind == "ball":
        return np.sqrt(np.clip(1 - (2 * along - 1) ** 2, 0.01, None))
    if kind == "cone":
        return np.linspace(1.0, rng.uniform(0.05, 0.6), len(along))
    knots = rng.uniform(0.3, 1.0, rng.integers(3, 6))
    places = np.sort(np.concatenate([[0, 1], rng.uniform(0.1, 0.9, len(knots) - 2)]))
    if kind == "steps":
        return knots[np.searchsorted(places[1:-1], along)] / knots.max()
    return PchipInterpolator(places + 1e-6 * np.arange(len(places)), knots / knots.max(), extrapolate=True)(along)


def cross_section(rng: np.random.Generator, around: Array) -> Array:
    """Points [A, 2] of a closed outline of radius about 1: round, angular, flat, with or without lobes."""
    power = rng.choice([2.0, 2.0, 4.0, 12.0, 1.2])
    lengths = (np.abs(np.cos(around)) ** power + np.abs(np.sin(around)) ** power) ** (-1 / power)
    if rng.random() < 0.25:
        lengths = lengths * (1 + rng.uniform(0.08, 0.3) * np.cos(rng.integers(2, 7) * around))
    flatness = rng.uniform(0.25, 1.0) if rng.random() < 0.5 else 1.0
    return np.stack([lengths * np.cos(around), flatness * lengths * np.sin(around)], axis=1)


def ring_faces(sections: int, around: int, is_ring: bool) -> Indices:
    """Triangles between rings, outwards; the first and the last ring joined, or each closed by a vertex of its own."""
    rows = np.arange(sections if is_ring else sections - 1)[:, None]
    here, there = rows * around, (rows + 1) % sections * around
    a, b = np.arange(around)[None], (np.arange(around)[None] + 1) % around
    sides = np.concatenate(
        [np.stack(np.broadcast_arrays(*three), axis=-1).reshape(-1, 3)
         for three in ((here + a, here + b, there + b), (here + a, there + b, there + a))]
    )  # fmt: skip
    if is_ring:
        return sides
    bottom, top, last = sections * around, sections * around + 1, (sections - 1) * around
    caps = [np.stack(np.broadcast_arrays(*three), axis=-1).reshape(-1, 3)
            for three in ((bottom, b, a), (top, last + a, last + b))]  # fmt: skip
    return np.concatenate([sides, *caps])


def painted(rng: np.random.Generator, faces: Indices, palette: Array) -> Array:
    """Linear RGB of faces [F, 3]: one colour, bands along the spine or stripes around it, and at times another end."""
    first, second = palette[rng.integers(len(palette), size=2)]
    section, place = np.divmod(faces.min(axis=1), AROUND)
    kind = rng.choice(["plain", "bands", "stripes"], p=[0.6, 0.3, 0.1])
    edges = np.sort(rng.integers(1, SECTIONS, rng.integers(1, 4)))
    striped = np.searchsorted(edges, section, side="right") if kind == "bands" else place * 6 // AROUND
    other = (striped % 2 == 1) & (kind != "plain")
    if rng.random() < 0.2:
        other |= section >= SECTIONS - 3
    return np.where(other[:, None], second, first)
