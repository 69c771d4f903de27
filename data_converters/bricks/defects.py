"""Defects as geometry: a spur (Burrs), a thin patch (Stains), a part left out (Missing). Numpy only.

Where a defect sits is drawn from what the camera sees, so that most draws are visible; the mask decides in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KINDS = ("Burrs", "Missing", "Stains")
LIFT = 0.0015
"""Height of a stain above the surface in world units."""
REACH = 0.06
"""How far below or above the point it was put on a stain may lie, world units: over a stud, not on the part behind."""
DIRT = (
    np.array(
        [(60, 38, 22), (25, 25, 28), (120, 112, 100), (30, 50, 120), (150, 25, 25), (225, 222, 210), (85, 105, 40)]
    )
    / 255
)
"""sRGB of what stains are made of."""


class Hit(NamedTuple):
    """Where a ray meets the toy."""

    point: Array  # [3] world units
    normal: Array  # [3] unit, outward
    part: int  # index into Toy.parts


CastRay = Callable[[Array, Array], Hit | None]
"""Origin [3] and direction [3], world frame, to the first hit on the toy without defects."""


@dataclass(frozen=True)
class Surface:
    """A mesh that is added to the toy."""

    vertices: Array  # [V, 3] world units
    faces: NDArray[np.int64]  # [F, 4] or [F, 3]
    part: int
    """The part it sits on."""
    colour: Array | None = None
    """sRGB [3] of a stain; None takes the material of the part."""
    roughness: float = 0.3


def polar_grid(rings: int, sides: int) -> NDArray[np.int64]:
    """Quads [(rings - 1) * sides, 4] over vertices numbered ring by ring."""
    ring, side = np.meshgrid(np.arange(rings - 1), np.arange(sides), indexing="ij")
    following = (side + 1) % sides
    corners = [ring * sides + side, ring * sides + following, (ring + 1) * sides + following, (ring + 1) * sides + side]
    return np.stack(corners, -1).reshape(-1, 4)


def tangents(normal: Array) -> tuple[Array, Array]:
    """Two unit vectors [3] that complete a right-handed frame (t, b, normal)."""
    helper = np.eye(3)[np.argmin(np.abs(normal))]
    t = np.cross(helper, normal)
    t /= np.linalg.norm(t)
    return t, np.cross(normal, t)


def wobble(rng: np.random.Generator, angle: Array, orders: int, strength: float) -> Array:
    """A smooth random closed curve around 1, sampled at `angle`."""
    k = np.arange(1, orders + 1)
    amplitude, phase = rng.normal(0, strength, orders) / np.sqrt(k), rng.uniform(0, 2 * np.pi, orders)
    return np.clip(1 + (amplitude * np.cos(angle[..., None] * k + phase)).sum(-1), 0.35, 1.9)


def draw_burr(rng: np.random.Generator, hit: Hit, size: tuple[float, float]) -> Surface:
    """An irregular, bent spur that sticks out of the surface, as flash does on moulded plastic."""
    sides, rings = 28, 14
    width = rng.uniform(*size)
    length = width * rng.uniform(1.2, 2.6)
    t, b = tangents(hit.normal)
    lean = rng.uniform(0, 2 * np.pi)
    axis = hit.normal + rng.uniform(0, 0.6) * (np.cos(lean) * t + np.sin(lean) * b)
    axis /= np.linalg.norm(axis)
    t, b = tangents(axis)
    along = np.linspace(0, 1, rings)
    angle = 2 * np.pi * np.arange(sides) / sides
    profile = (1 - along) ** rng.uniform(0.5, 0.9) * wobble(rng, 2.5 * along, 4, 0.12)
    outline = wobble(rng, angle, 6, 0.16) * np.where(angle < np.pi, 1, rng.uniform(0.6, 1))
    radius = 0.5 * width * profile[:, None] * (outline + rng.normal(0, 0.06, (rings, sides)))
    twist = angle + rng.uniform(-1, 1) * along[:, None]
    bend = (along**2)[:, None] * rng.uniform(-0.35, 0.35, 2) * length
    # the root lies below the surface, so that no gap shows on round bricks
    height = along * (length + 0.25 * width) - 0.25 * width
    x, y = radius * np.cos(twist) + bend[:, :1], radius * np.sin(twist) + bend[:, 1:]
    vertices = hit.point + x[..., None] * t + y[..., None] * b + height[:, None, None] * axis
    return Surface(vertices.reshape(-1, 3), polar_grid(rings, sides), hit.part)


def draw_stain(
    rng: np.random.Generator, hit: Hit, size: tuple[float, float], cast: CastRay, part_colour: Array
) -> Surface | None:
    """An irregular patch projected on the surface along its normal; it ends where the surface breaks off."""
    sides, rings = 72, 26
    angle = 2 * np.pi * np.arange(sides) / sides
    stretch, turn = rng.uniform(0.55, 1), rng.uniform(0, 2 * np.pi)
    radius = 0.5 * rng.uniform(*size) * wobble(rng, angle, 7, 0.2)
    radial = np.linspace(0.004, 1, rings)[:, None]
    u, v = radial * radius * np.cos(angle), stretch * radial * radius * np.sin(angle)
    t, b = tangents(hit.normal)
    t, b = np.cos(turn) * t + np.sin(turn) * b, np.cos(turn) * b - np.sin(turn) * t
    above = 0.6 * size[1]
    start = hit.point + above * hit.normal + u[..., None] * t + v[..., None] * b
    hits = [cast(p, -hit.normal) for p in start.reshape(-1, 3)]
    known = np.array([h is not None and h.normal @ hit.normal > 0.2 for h in hits])
    on_toy = np.array([h.point + LIFT * h.normal if h else np.full(3, np.nan) for h in hits])
    faces = polar_grid(rings, sides)
    depth = (on_toy - hit.point) @ hit.normal
    # a quad that would bridge a step between two parts or the side of a stud is left out
    with np.errstate(invalid="ignore"):
        flat = np.ptp(depth[faces], axis=1) < 0.012
        near = np.abs(depth) < REACH
    faces = faces[(known & near)[faces].all(1) & flat]
    if len(faces) < 0.3 * (rings - 1) * sides:
        return None
    colour = stain_colour(rng, part_colour)
    if colour is None:
        return None
    return Surface(np.nan_to_num(on_toy), faces, hit.part, colour, roughness=rng.uniform(0.25, 0.7))


def stain_colour(rng: np.random.Generator, part_colour: Array) -> Array | None:
    """Dirt, ink or paint [3] (sRGB) mixed into the part's colour, faint to opaque; None where nothing would show."""
    colour = part_colour + np.exp(rng.uniform(np.log(0.2), 0)) * (rng.choice(DIRT) - part_colour)
    return colour if np.abs(colour - part_colour).max() >= 0.09 else None
