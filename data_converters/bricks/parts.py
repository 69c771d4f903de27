"""Brick parts and their shapes as plain polyhedra (numpy only).

Units of a part: x and y in studs (the pitch of two neighbouring studs), z in plates; a plate is 0.4 studs high and a
brick is three plates. The shapes come out in studs on all three axes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PLATE = 0.4
"""Height of a plate in studs."""
STUD_RADIUS = 0.3
STUD_HEIGHT = 0.2
GAP = 0.006
"""Half of the seam between two neighbouring parts, in studs."""
ROUND_SIDES = 32

Shape = Literal["box", "slope", "round", "cone", "ball"]


@dataclass(frozen=True)
class Part:
    """One brick of a toy."""

    name: str
    shape: Shape
    at: tuple[float, float, float]
    """Lowest corner before the part is turned: studs, studs, plates."""
    size: tuple[float, float, float]
    """Extent before the part is turned: studs, studs, plates."""
    colour: str
    """A key of `palette.COLOURS`."""
    studs: bool = True
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Rotation about the part's centre: degrees about x, then y, then z."""
    core: bool = False
    """True where other parts hang on this one, so that it is never the missing part."""


@dataclass(frozen=True)
class Solid:
    """A closed polyhedron with outward faces; the edges are still sharp."""

    vertices: NDArray[np.float64]  # [V, 3] studs
    faces: tuple[tuple[int, ...], ...]


def prism(outline: NDArray[np.float64], bottom: float, top: float, top_scale: float = 1.0) -> Solid:
    """Extrude a counter-clockwise outline [N, 2] from z = bottom to z = top, the upper end scaled by `top_scale`."""
    n = len(outline)
    lower = np.column_stack([outline, np.full(n, bottom)])
    upper = np.column_stack([outline * top_scale, np.full(n, top)])
    sides = tuple((i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n))
    return Solid(np.concatenate([lower, upper]), (tuple(reversed(range(n))), tuple(range(n, 2 * n)), *sides))


def rectangle(half_x: float, half_y: float) -> NDArray[np.float64]:
    """Counter-clockwise corners [4, 2]."""
    return np.array([[-half_x, -half_y], [half_x, -half_y], [half_x, half_y], [-half_x, half_y]])


def ellipse(half_x: float, half_y: float, sides: int = ROUND_SIDES) -> NDArray[np.float64]:
    """Counter-clockwise points [sides, 2]."""
    angle = 2 * np.pi * np.arange(sides) / sides
    return np.column_stack([half_x * np.cos(angle), half_y * np.sin(angle)])


def slope_body(half: NDArray[np.float64]) -> Solid:
    """A brick whose top falls from the stud row at -x to a low lip at +x."""
    hx, hy, hz = half
    ridge, lip = -hx + (1.0 if hx > 0.5 else 0.3 * hx), -hz + 0.25 * min(2 * hz, 3 * PLATE)
    side = np.array([[-hx, -hz], [hx, -hz], [hx, lip], [ridge, hz], [-hx, hz]])
    solid = prism(side, -hy, hy)
    return Solid(solid.vertices[:, [0, 2, 1]] * [1, -1, 1], solid.faces)


def ball_body(half: NDArray[np.float64], rings: int = 12) -> Solid:
    """An ellipsoid made of rings of quads, closed by two small caps."""
    latitude = np.linspace(-0.47, 0.47, rings) * np.pi
    circle = ellipse(1.0, 1.0)
    n = len(circle)
    vertices = np.concatenate([np.column_stack([circle * np.cos(a), np.full(n, np.sin(a))]) for a in latitude]) * half
    quads = [
        (r * n + i, r * n + (i + 1) % n, (r + 1) * n + (i + 1) % n, (r + 1) * n + i)
        for r in range(rings - 1)
        for i in range(n)
    ]
    caps = [tuple(reversed(range(n))), tuple(range((rings - 1) * n, rings * n))]
    return Solid(vertices, (*quads, *caps))


def body(part: Part) -> Solid:
    """The part without studs, centred, not turned."""
    half = half_extent(part)
    if part.shape == "slope":
        return slope_body(half)
    if part.shape == "ball":
        return ball_body(half)
    if part.shape == "box":
        return prism(rectangle(half[0], half[1]), -half[2], half[2])
    return prism(ellipse(half[0], half[1]), -half[2], half[2], top_scale=0.45 if part.shape == "cone" else 1.0)


def half_extent(part: Part) -> NDArray[np.float64]:
    """Half the size [3] in studs, less the seam that shows where two parts meet."""
    full = np.array(part.size) * [1, 1, PLATE]
    return (full - 2 * np.array([GAP, GAP, 0.4 * GAP])) / 2


def stud_centres(part: Part) -> NDArray[np.float64]:
    """Places [S, 2] of the studs on the upper face of the part before it is turned."""
    nx, ny = (max(1, int(n + 1e-6)) for n in part.size[:2])
    if not part.studs or part.shape == "ball":
        return np.zeros((0, 2))
    if part.shape == "cone" or (part.shape == "round" and nx == 1):
        return np.zeros((1, 2))
    xs = np.arange(nx) - (nx - 1) / 2
    if part.shape == "slope":
        xs = xs[:1] if part.size[0] > 1 else xs[:0]
    return np.array([(x, y) for x in xs for y in np.arange(ny) - (ny - 1) / 2]).reshape(-1, 2)


def solids(part: Part) -> list[Solid]:
    """The body and the studs in the toy's frame, units of studs."""
    top = half_extent(part)[2]
    # a cone's own tip is narrower than a normal stud
    radius = min(STUD_RADIUS, 0.36 * min(part.size[:2])) * (0.6 if part.shape == "cone" else 1.0)
    stud = prism(ellipse(radius, radius, 20), top - 0.02, top + STUD_HEIGHT)
    local = [body(part), *(replace(stud, vertices=stud.vertices + [x, y, 0]) for x, y in stud_centres(part))]
    rotation, centre = rotation_xyz(part.turn), part_centre(part)
    return [replace(s, vertices=s.vertices @ rotation.T + centre) for s in local]


def part_centre(part: Part) -> NDArray[np.float64]:
    """Centre [3] of the part in the toy's frame, studs."""
    return (np.array(part.at) + np.array(part.size) / 2) * [1, 1, PLATE]


def rotation_xyz(degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    """Rotation [3, 3] about the fixed x, then y, then z axis."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x
