"""Trilinear look-ups in a sparse voxel grid for devices with many cores, and their gradients."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable


def cell_corners(
    points: Float[Tensor, "m 3"], index: Int[Tensor, "x y z"]
) -> tuple[Int[Tensor, "m 8"], Float[Tensor, "m 8"]]:
    """Rows (-1 where there is none) and weights of the corners of the cells around `points` (grid units).

    Like `reference.corner_rows`, but nothing travels between host and device.
    """
    _, ny, nz = index.shape
    cells = [points.detach()[:, a].long().clamp(0, n - 2) for a, n in enumerate(index.shape)]
    lowest = (cells[0] * ny + cells[1]) * nz + cells[2]
    rows, weights = [], []
    for corner in range(8):
        upper = corner >> 2, corner >> 1 & 1, corner & 1
        rows.append(index.view(-1)[lowest + (upper[0] * ny + upper[1]) * nz + upper[2]])
        shares = [points[:, a] - cells[a] if upper[a] else 1 + cells[a] - points[:, a] for a in range(3)]
        weights.append(shares[0] * shares[1] * shares[2])
    return torch.stack(rows, -1).long(), torch.stack(weights, -1)


def weighted_rows(
    values: Float[Tensor, "rows c"], rows: Int[Tensor, "m 8"], weights: Float[Tensor, "m 8"]
) -> Float[Tensor, "m c"]:
    """`(weights[..., None] * values[rows]).sum(1)` without the (m, 8, c) in between."""
    return _WeightedRows.apply(values, rows, weights)


class _WeightedRows(torch.autograd.Function):
    """One corner after the other, forwards and backwards: `index_add_` needs no sorting, unlike indexing's gradient."""

    @staticmethod
    def forward(ctx: Any, values, rows, weights):  # noqa: D102
        ctx.save_for_backward(values, rows, weights)
        total = torch.zeros(len(rows), values.shape[1], dtype=values.dtype, device=values.device)
        for corner in range(rows.shape[1]):
            total.addcmul_(weights[:, corner, None], values.index_select(0, rows[:, corner]))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient):  # noqa: D102
        values, rows, weights = ctx.saved_tensors
        g_values = torch.zeros_like(values) if ctx.needs_input_grad[0] else None
        g_weights = torch.empty_like(weights) if ctx.needs_input_grad[2] else None
        for corner in range(rows.shape[1]):
            if g_values is not None:
                g_values.index_add_(0, rows[:, corner], weights[:, corner, None] * gradient)
            if g_weights is not None:
                g_weights[:, corner] = (values.index_select(0, rows[:, corner]) * gradient).sum(-1)
        return g_values, None, g_weights
