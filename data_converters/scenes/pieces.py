"""What a mesh is made of: its closed pieces, and in how many parts it would fall apart."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

from scenes.mesh import Indices, Mesh, is_closed, kept, piece_labels, surface_samples

TOUCHING = 0.02
"""Surfaces closer than about this share of the extent hold together."""


def body_count(mesh: Mesh, pitch: float = TOUCHING) -> int:
    """Number of groups of surfaces that do not touch each other, in a grid of cubes with sides of `pitch`."""
    cell = pitch * mesh.extent
    # enough points that a cube which the surface crosses is rarely empty: ten on every square of a cube's face
    count = int(np.clip(10 * mesh.areas.sum() / cell**2, 2000, 400_000))
    points, _ = surface_samples(mesh, count, np.random.default_rng(0))
    cells = np.floor((points - mesh.box[0]) / cell).astype(int) + 1
    grid = np.zeros(cells.max(0) + 2, bool)
    grid[tuple(cells.T)] = True
    return int(label(grid, np.ones((3, 3, 3)))[1])


def loose_pieces(mesh: Mesh, least: float = 0.02, most: float = 0.45) -> list[Indices]:
    """The faces of every closed piece with a share of the surface between `least` and `most`, largest first."""
    labels = piece_labels(mesh)
    areas = mesh.areas
    share = np.bincount(labels, areas) / areas.sum()
    found = [np.flatnonzero(labels == i) for i in np.argsort(-share) if least <= share[i] <= most]
    return [faces for faces in found if is_closed(kept(mesh, np.isin(np.arange(len(mesh.faces)), faces)))]
