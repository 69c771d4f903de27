"""Objects turned about the vertical and moved along the floor until they lie upon each other."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

TURNS = 48
"""Turns that are tried, over the whole circle."""
FARTHEST = 0.25
"""Of a volume's side: how far objects are moved at most; boxes of what lacks a part have other middles."""


@dataclass(frozen=True, eq=False)
class Turns:
    """How the second object of every pair comes to lie upon the first."""

    angles: Float[Tensor, "n n"]
    """Radians about the vertical through its middle, from x to y."""
    shifts: Float[Tensor, "n n 2"]
    """Voxels along x and y after that."""


def turned(
    volumes: Float[Tensor, "b c a a a2"], angles: Float[Tensor, " b"], shifts: Float[Tensor, "b 2"]
) -> Float[Tensor, "b c a a a2"]:
    """Volumes turned about the vertical through their middles, then moved; 0 comes in from outside.

    Args:
        volumes: indexed by x, y and z
        angles: radians, from x to y
        shifts: voxels along x and y
    """
    side, height = volumes.shape[-2:]
    across, up = (2 * (torch.arange(n).to(volumes) + 0.5) / n - 1 for n in (side, height))
    x, y, z = torch.meshgrid(across, across, up, indexing="ij")
    moved = shifts * 2 / side
    x, y = x - moved[:, 0, None, None, None], y - moved[:, 1, None, None, None]
    cos, sin = (f(angles)[:, None, None, None] for f in (torch.cos, torch.sin))
    # grid_sample counts the last axis first
    places = torch.stack([z.expand_as(x), cos * y - sin * x, cos * x + sin * y], dim=-1)
    return functional.grid_sample(volumes, places, align_corners=False)


def turned_by(volumes: Float[Tensor, "b c a a a2"], angle: float) -> Float[Tensor, "b c a a a2"]:
    """All volumes turned by the same angle."""
    count = len(volumes)
    return turned(volumes, volumes.new_full((count,), angle), volumes.new_zeros(count, 2))


@torch.no_grad()
def best_turns(volumes: Float[Tensor, "n c a a a2"]) -> Turns:
    """The turn and the shift by whole voxels with which each object differs least from each other one.

    Squared differences of all shifts at once are |a|^2 + |b|^2 - 2 a * b, where the correlation a * b is a product of
    Fourier transforms.

    Args:
        volumes: of objects by which likeness is told, such as opacities and colours; 0 where there is nothing
    """
    side = volumes.shape[-2]
    most = int(FARTHEST * side)
    padded = side + most
    angles = [2 * math.pi * number / TURNS for number in range(TURNS)]
    candidates = torch.stack([turned_by(volumes, angle) for angle in angles], dim=1)
    firsts, seconds = (_transformed(v, padded) for v in (volumes, candidates))
    energies = candidates.square().sum(dim=(2, 3, 4, 5))
    reach = torch.arange(-most, most + 1, device=volumes.device)
    found = []
    for first in firsts:
        products = torch.einsum("czpq,nkczpq->nkpq", first, seconds.conj())
        correlations = torch.fft.irfft2(products, s=(padded, padded))[..., reach, :][..., reach]
        found.append((energies[..., None, None] - 2 * correlations).flatten(1).argmin(dim=1))
    best, moves = torch.stack(found), len(reach) ** 2
    turn, move = best // moves, best % moves
    shifts = torch.stack([reach[move // len(reach)], reach[move % len(reach)]], dim=-1)
    return Turns(torch.tensor(angles).to(volumes)[turn], shifts.to(volumes))


def _transformed(volumes: Tensor, padded: int) -> Tensor:
    """Fourier transforms over x and y, which become the last axes, padded so that shifts bring in nothing."""
    return torch.fft.rfft2(volumes.movedim(-1, -3), s=(padded, padded))
