"""Crack and fracture: the mesh is cut along a rough sheet. Meshes have extent 1 and are centred on the origin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.cut import cut
from scenes.mesh import Mesh, joined, surface_samples, volume
from scenes.sheet import draw_sheet, opened

LEAST_LOST, MOST_LOST = 0.1, 0.9
"""A fracture takes more than the one and less than the other share of the volume (paper, section A.1)."""


def crack(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """A dark gap along a rough sheet, open on one side and closed where it ends inside the body."""
    (point,), (face,) = surface_samples(mesh, 1, rng)
    a, b, c = mesh.corners[face]
    inwards = -np.cross(b - a, c - a)
    inwards /= max(np.linalg.norm(inwards), 1e-12)
    depth = rng.uniform(0.15, 0.3)
    width = rng.uniform(0.045, 0.075)
    across = np.cross(inwards, rng.normal(size=3))
    sheet = draw_sheet(rng, point + depth * inwards, across, roughness=0.012, wavelength=0.35)
    # u of the sheet runs from the end of the crack to the surface
    u, normal = -inwards, sheet.axes[2]
    sheet = replace(sheet, axes=np.stack([u, np.cross(normal, u), normal]))
    slope, reach = width / depth / 2, 1.3 * depth
    above = cut(mesh, opened(sheet, slope, reach), 1, shade=0.12)
    below = cut(mesh, opened(sheet, -slope, reach), -1, shade=0.12)
    return joined([above, below]) if above and below else None


def fracture(mesh: Mesh, rng: np.random.Generator) -> Mesh | None:
    """One end broken off; None where it is less than `LEAST_LOST` or more than `MOST_LOST` of the volume."""
    normal = rng.normal(size=3) * np.ptp(mesh.box, axis=0)
    normal /= np.linalg.norm(normal)
    level = surface_samples(mesh, 1000, rng)[0] @ normal
    centre = mesh.box.mean(0)
    origin = centre + (np.quantile(level, rng.uniform(0.55, 0.85)) - centre @ normal) * normal
    rest = cut(mesh, draw_sheet(rng, origin, normal, roughness=0.02), -1, shade=1.2)
    return rest if rest is not None and LEAST_LOST <= share_lost(mesh, rest) <= MOST_LOST else None


def share_lost(before: Mesh, after: Mesh) -> float:
    """Share of the volume that is gone."""
    return 1 - volume(after) / volume(before)
