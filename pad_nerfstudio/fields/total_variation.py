"""Total variation of a voxel grid, as a gradient that is added on the way back."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from pad_nerfstudio.fields.voxel_grid import VoxelGrid


@dataclass(frozen=True)
class Smoothness:
    """Total variation of the vertices that a batch of rays touches, added to their gradients."""

    density: float = 0.0
    """Weight on raw density."""
    color: float = 0.0
    """Weight on colour coefficients."""
    softness: float = 0.05
    """Colour differences well under this are smoothed as by a quadratic, above it by their absolute value."""


def with_total_variation(
    grid: VoxelGrid, smoothness: Smoothness
) -> tuple[Float[Tensor, " rows"], Float[Tensor, "rows c"]]:
    """Density and colour of a grid, whose gradients gain those of `smoothness` in the rows that a batch touches."""
    if not (smoothness.density or smoothness.color):
        return grid.density, grid.color
    neighbours = neighbouring_rows(grid)
    density = _Smoothed.apply(grid.density[:, None], neighbours, smoothness.density, 1.0)[:, 0]
    return density, _Smoothed.apply(grid.color, neighbours, smoothness.color, smoothness.softness)


def neighbouring_rows(grid: VoxelGrid) -> Int[Tensor, "rows 6"]:
    """Rows of the vertices next to each row's along the axes; a row's own where there is none."""
    own = torch.arange(len(grid.vertices), device=grid.vertices.device)
    x, y, z = grid.index.shape
    found = []
    for axis, (size, stride) in enumerate(zip((x, y, z), (y * z, z, 1), strict=True)):
        place = grid.vertices[:, axis]
        flat = (grid.vertices[:, 0].long() * y + grid.vertices[:, 1]) * z + grid.vertices[:, 2]
        for side in (-1, 1):
            inside = (place + side >= 0) & (place + side < size)
            row = grid.index.view(-1)[torch.where(inside, flat + side * stride, flat)].long()
            found.append(torch.where(inside & (row >= 0), row, own))
    return torch.stack(found, dim=-1)


class _Smoothed(torch.autograd.Function):
    """The same values; rows with a gradient get that of weight * sum over neighbours of sqrt(d^2 + softness^2) too."""

    @staticmethod
    def forward(ctx: Any, values, neighbours, weight, softness):  # noqa: D102
        ctx.save_for_backward(values, neighbours)
        ctx.how = weight, softness
        return values.view_as(values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient):  # noqa: D102
        values, neighbours = ctx.saved_tensors
        weight, softness = ctx.how
        total = torch.zeros_like(values)
        for side in range(neighbours.shape[1]):
            difference = values - values[neighbours[:, side]]
            total += difference / (difference.square() + softness**2).sqrt()
        touched = (gradient != 0).any(dim=-1, keepdim=True)
        return gradient + weight * touched * total, None, None, None
