"""A part moved, turned, missing, of another material or of another size. Meshes have extent 1.

A part is a closed piece of the mesh. One that is made in one piece is sawn through: the smaller side is the part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from scenes.cut import cut
from scenes.mesh import Array, Mask, Mesh, joined, kept, piece_labels
from scenes.pieces import loose_pieces
from scenes.sheet import Sheet, frame_on

NOTHING = np.zeros((0, 4))


def split_part(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh, Array, Array] | None:
    """The rest, a part, where they meet [3], and the direction [3] from the rest to the part."""
    pieces = loose_pieces(mesh)
    if pieces:
        chosen = np.zeros(len(mesh.faces), bool)
        chosen[pieces[rng.integers(len(pieces))]] = True
        rest, part = kept(mesh, ~chosen), kept(mesh, chosen)
        joint = joint_of(part, rest)
        outwards = part.corners.mean((0, 1)) - joint
        length = np.linalg.norm(outwards)
        return rest, part, joint, outwards / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    return sawn(mesh, rng)


def joint_of(part: Mesh, rest: Mesh) -> Array:
    """The middle [3] of the tenth of the part's vertices that is closest to the rest."""
    distance, _ = cKDTree(rest.vertices).query(part.vertices)
    return part.vertices[distance <= np.quantile(distance, 0.1)].mean(0)


def sawn(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh, Array, Array] | None:
    """Like `split_part`, for a flat cut across one of the box's longer axes."""
    sides = np.ptp(mesh.box, axis=0)
    axis = np.eye(3)[rng.choice(np.flatnonzero(sides > 0.6 * sides.max()))] * rng.choice([-1.0, 1.0])
    level = mesh.vertices @ axis
    height = level.max() - rng.uniform(0.2, 0.4) * np.ptp(level)
    origin = mesh.box.mean(0) + (height - mesh.box.mean(0) @ axis) * axis
    sheet = Sheet(origin, frame_on(axis), NOTHING)
    rest, part = cut(mesh, sheet, -1, shade=1.0), cut(mesh, sheet, 1, shade=1.0)
    if rest is None or part is None:
        return None
    at_cut = part.vertices[np.abs(sheet.above(part.vertices)) < 1e-6]
    return rest, part, (at_cut.mean(0) if len(at_cut) else origin), axis


def moved_part(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """A part shifted across the direction in which it sticks out."""
    return with_part(mesh, rng, lambda points, joint, outwards: points + shift_across(rng, outwards))


def shift_across(rng: np.random.Generator, outwards: Array) -> Array:
    """8 to 20 hundredths in a random direction [3] at right angles to `outwards`."""
    angle = rng.uniform(0, 2 * np.pi)
    u, v, _ = frame_on(outwards)
    return rng.uniform(0.08, 0.2) * (np.cos(angle) * u + np.sin(angle) * v)


def rotated_part(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """A part turned by 25 to 70 degrees about the place where it is joined."""
    turn = Rotation.from_rotvec(unit(rng.normal(size=3)) * np.radians(rng.uniform(25, 70)))
    return with_part(mesh, rng, lambda points, joint, outwards: turn.apply(points - joint) + joint)


def other(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """A similar but different thing: a part of another size, or other proportions of the whole."""
    if rng.random() < 0.5:
        factor = rng.uniform(1.3, 1.6) if rng.random() < 0.5 else rng.uniform(0.5, 0.7)
        return with_part(mesh, rng, lambda points, joint, outwards: joint + factor * (points - joint))
    factors = rng.permutation([rng.uniform(1.15, 1.35), rng.uniform(0.7, 0.85), rng.uniform(0.9, 1.1)])
    return replace(mesh, vertices=mesh.vertices * factors)


def with_part(mesh: Mesh, rng: np.random.Generator, change: Callable[[Array, Array, Array], Array]) -> Mesh | None:
    """The mesh with a part whose vertices [V, 3] went through `change(vertices, joint, outwards)`."""
    split = split_part(mesh, rng)
    if split is None:
        return None
    rest, part, joint, outwards = split
    return joined([rest, replace(part, vertices=change(part.vertices, joint, outwards))])


def missing_part(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """The mesh without a part."""
    split = split_part(mesh, rng)
    return split[0] if split else None


def material(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """One coloured area, or one end of a mesh that has a single colour, in another colour."""
    areas = mesh.areas
    labels = piece_labels(mesh, mesh.colours)
    share = np.bincount(labels, areas) / areas.sum()
    fitting = np.flatnonzero((share > 0.03) & (share < 0.8))
    chosen = labels == rng.choice(fitting) if len(fitting) else end_faces(mesh, rng)
    before = np.average(mesh.colours[chosen], axis=0, weights=np.maximum(areas[chosen], 1e-12))
    colours = np.where(chosen[:, None], other_colour(rng, before), mesh.colours)
    finish = np.where(chosen[:, None], [rng.choice([0.0, 0.0, 0.8]), rng.uniform(0.2, 0.9)], mesh.finish)
    return replace(mesh, colours=colours, finish=finish)


def end_faces(mesh: Mesh, rng: np.random.Generator) -> Mask:
    """The faces [F] of one end of the box, a quarter to a half of the surface."""
    direction = unit(rng.normal(size=3) * np.ptp(mesh.box, axis=0))
    level = mesh.corners.mean(1) @ direction
    order = np.argsort(-level)
    covered = np.cumsum(mesh.areas[order]) / mesh.areas.sum()
    chosen = np.zeros(len(level), bool)
    chosen[order[: 1 + np.searchsorted(covered, rng.uniform(0.25, 0.5))]] = True
    return chosen


def other_colour(rng: np.random.Generator, before: Array, apart: float = 0.25) -> Array:
    """A linear RGB colour [3] at least `apart` from the one before."""
    while True:
        colour = rng.uniform(0.02, 0.8, 3) ** 1.5
        if np.linalg.norm(colour - before) >= apart:
            return colour


def unit(vector: Array) -> Array:
    """The vector [3] with length 1."""
    return vector / np.linalg.norm(vector)
