"""A toy: named parts, and their placement around the origin of the world."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bricks.parts import Part, Solid, solids


@dataclass(frozen=True)
class Toy:
    """A list of parts that makes an animal."""

    name: str
    summary: str
    parts: tuple[Part, ...]


def placed_solids(toy: Toy, radius: float) -> list[list[Solid]]:
    """The solids of every part in world units: bounding box centred on the origin, farthest vertex at `radius`."""
    raw = [solids(part) for part in toy.parts]
    vertices = np.concatenate([s.vertices for group in raw for s in group])
    centre = (vertices.min(0) + vertices.max(0)) / 2
    scale = radius / np.linalg.norm(vertices - centre, axis=1).max()
    return [[replace(s, vertices=(s.vertices - centre) * scale) for s in group] for group in raw]


def world_scale(toy: Toy, radius: float) -> float:
    """World units to a stud for `placed_solids`."""
    before, after = solids(toy.parts[0])[0].vertices, placed_solids(toy, radius)[0][0].vertices
    return float(np.ptp(after, axis=0).max() / np.ptp(before, axis=0).max())


def all_vertices(groups: list[list[Solid]]) -> NDArray[np.float64]:
    """Every vertex [N, 3] of the placed toy."""
    return np.concatenate([s.vertices for group in groups for s in group])
