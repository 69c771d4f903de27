"""Defects made up while training: normal objects whose part of the volume is read at bent places.

Not in the paper. A few hundred scenes of a few meshes have too few defects to learn from; reading a smooth field at
smoothly displaced places gives as many as are wanted, without seams that would give them away.
"""

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid

LEAST_CHANGE = 0.1
"""Voxels of an object that become empty or full, as a share of those that are full: less is no defect."""
SIZES = (0.12, 0.25)
"""Standard deviation of a dent or bump, as a share of the object's longest side."""
DEPTHS = (0.1, 0.3)
"""How far it goes, likewise."""
ANGLES = (20.0, 60.0)
"""Degrees by which one end of an object is twisted or bent against the other."""


def with_invented_defects(
    grid: SceneGrid,
    density: Float[Tensor, "x y z"],
    places: Float[Tensor, "n a a a 3"],
    labels: Int[Tensor, " n"],
    chance: float,
    occupied: float,
    random: np.random.Generator,
) -> tuple[Float[Tensor, "n a a a 3"], Int[Tensor, " n"]]:
    """Places at which to read objects, some bent, and the labels that they then have.

    Anomalous objects stay fewer than the others, as they are what all is measured by.

    Args:
        grid: where the density lies
        density: tells what is full
        places: in each object's box
        labels: 1 anomalous, 0 normal, -1 unknown
        chance: for each normal object to be bent
        occupied: density from which on a voxel is full
        random: decides everything
    """
    points, labels = places.clone(), labels.clone()
    for number in (labels == 0).nonzero()[:, 0].tolist():
        if 2 * (int((labels == 1).sum()) + 1) >= len(labels) or random.random() >= chance:
            continue
        full = _full(grid, density, points[number], occupied)
        if not bool(full.any()):
            continue
        bent = bent_points(points[number], full, random)
        changed = (_full(grid, density, bent, occupied) ^ full).sum() / full.sum()
        if float(changed) >= LEAST_CHANGE:
            points[number], labels[number] = bent, 1
    return points, labels


def bent_points(
    points: Float[Tensor, "a a a 3"], full: Bool[Tensor, "a a a"], random: np.random.Generator
) -> Float[Tensor, "a a a 3"]:
    """Places displaced around one of the full ones: a dent or bump, or a twist or bend of what lies beyond it."""
    candidates = points[full]
    center = candidates[int(random.integers(len(candidates)))]
    side = float((points.amax(dim=(0, 1, 2)) - points.amin(dim=(0, 1, 2))).max())
    away = points - center
    if random.random() < 0.5:
        size, depth = (side * float(random.uniform(*limits)) for limits in (SIZES, DEPTHS))
        weight = torch.exp(-away.square().sum(dim=-1, keepdim=True) / (2 * size**2))
        return points + depth * weight * _direction(random).to(points)
    beyond = _direction(random).to(points)
    axis = beyond if random.random() < 0.5 else torch.linalg.cross(beyond, _direction(random).to(points))
    axis = axis / axis.norm().clamp_min(1e-6)
    share = ((away @ beyond) / (side / 2)).clamp(0, 1)[..., None]
    angle = math.radians(float(random.uniform(*ANGLES))) * share
    along = (away @ axis)[..., None] * axis
    turned = along + (away - along) * angle.cos() + torch.linalg.cross(axis.expand_as(away), away) * angle.sin()
    return center + turned


def _direction(random: Any) -> Float[Tensor, "3"]:
    drawn = torch.from_numpy(random.standard_normal(3)).float()
    return drawn / drawn.norm()


def _full(
    grid: SceneGrid, density: Float[Tensor, "x y z"], points: Float[Tensor, "a a a 3"], occupied: float
) -> Bool[Tensor, "a a a"]:
    return (grid.between_voxels(density[None], points.reshape(-1, 3)) > occupied).view(points.shape[:-1])
