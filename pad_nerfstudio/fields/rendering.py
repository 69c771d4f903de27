"""Volume rendering of a voxel grid, differentiable in the grid and in the rays."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from pad_nerfstudio.fields import gradient_kernels, kernels
from pad_nerfstudio.fields.parallel import num_threads, over_ranges
from pad_nerfstudio.fields.sample_room import SampleRoom
from pad_nerfstudio.fields.spherical_harmonics import sh_basis
from pad_nerfstudio.fields.torch_rendering import render_rays_torch
from pad_nerfstudio.fields.total_variation import Smoothness
from pad_nerfstudio.fields.voxel_grid import VoxelGrid

RAYS_PER_CALL = 512
"""Of training, whose batches are small and where a ray costs much."""


@dataclass(frozen=True)
class RayOutputs:
    """What rays see."""

    rgb: Float[Tensor, "n 3"]
    """Colour on the grid's background; not clipped."""
    distance: Float[Tensor, "n 1"]
    """Sum over samples of weight times distance from the origin, in world units."""
    accumulation: Float[Tensor, "n 1"]
    """Sum of the weights."""


def render_rays(
    grid: VoxelGrid,
    origins: Float[Tensor, "n 3"],
    directions: Float[Tensor, "n 3"],
    step: float,
    offsets: Float[Tensor, " n"] | None = None,
    smoothness: Smoothness | None = None,
    nearest: bool = False,
    room: SampleRoom | None = None,
) -> RayOutputs:
    """Render rays: compiled kernels on a CPU, torch's operations elsewhere.

    Args:
        grid: the field
        origins: world positions
        directions: unit vectors
        step: distance of samples along a ray, in voxels
        offsets: where in its step each ray's first sample lies, in [0, 1); the middle where not given
        smoothness: total variation whose gradient is added on the way back
        nearest: take the colour of a sample from the nearest vertex alone, for pixels that are larger than voxels: it
            saves most of the time; not where anything is learnt
        room: of a device that should not be waited for; the CPU does without
    """
    if offsets is None:
        offsets = torch.full_like(origins[:, 0], 0.5)
    if origins.device.type != "cpu":
        return RayOutputs(*render_rays_torch(grid, origins, directions, step, offsets, smoothness, nearest, room))
    basis = sh_basis(grid.sh_degree, directions)
    rgb, distance, transmittance = _RenderRays.apply(
        grid.to_grid(origins),
        directions,
        basis,
        offsets,
        grid.density,
        grid.color,
        grid,
        step,
        smoothness or Smoothness(),
        nearest,
        torch.is_grad_enabled(),  # not visible from inside, where gradients are always off
    )
    return RayOutputs(rgb, distance[:, None] * grid.voxel_size, 1 - transmittance[:, None])


@dataclass(frozen=True)
class _Kept:
    """What the backward pass needs of the forward pass; see `kernels`."""

    samples: Tensor  # (rays * capacity, 5)
    corners_below: Tensor  # (rays * capacity, 4) int32
    touched: Tensor  # (rows,) uint8

    @classmethod
    def room_for(cls, size: int, rows: int) -> "_Kept":
        samples = torch.empty(size, kernels.SAMPLE_SIZE)
        return cls(samples, torch.empty(size, 4, dtype=torch.int32), torch.zeros(rows, dtype=torch.uint8))

    def arrays(self) -> list[Any]:
        return [t.numpy() for t in (self.samples, self.corners_below, self.touched)]


class _Store:
    """Buffers that outlive a backward pass, so that the next batch finds its pages already there."""

    def __init__(self) -> None:
        self.free: list[_Kept] = []

    def take(self, size: int, rows: int) -> _Kept:
        while self.free:
            kept = self.free.pop()
            if len(kept.samples) == size and len(kept.touched) == rows:
                return kept
        return _Kept.room_for(size, rows)

    def give_back(self, kept: _Kept) -> None:
        kept.touched.zero_()
        self.free.append(kept)


_STORE = _Store()
_NOTHING = _Kept.room_for(0, 0)


class _RenderRays(torch.autograd.Function):
    """Kernels as one differentiable operation; gradients of the grid are sparse, a row for each touched vertex."""

    @staticmethod
    def forward(ctx: Any, origins, directions, basis, offsets, density, color, grid, step, smoothness, nearest, keep):  # noqa: D102
        n = len(origins)
        keep = keep and any(ctx.needs_input_grad)
        assert not (keep and nearest), "gradients are those of trilinear colours"
        capacity = int(float(torch.linalg.vector_norm(grid.shape.float())) / step) + 2
        kept = _STORE.take(n * capacity, len(density)) if keep else _NOTHING
        rays = [t.detach().contiguous().numpy() for t in (origins, directions, basis, offsets)]
        rgb, depth, through = torch.empty(n, 3), torch.empty(n), torch.empty(n)
        counts, first = torch.empty(n, dtype=torch.int32), torch.empty(n, dtype=torch.int64)
        lattice = (grid.index.numpy(), grid.skip.numpy())
        field = (density.detach().numpy(), color.detach().numpy(), grid.background.numpy())
        out = [t.numpy() for t in (rgb, depth, through, counts, first)]
        per_call = RAYS_PER_CALL if keep else min(max(n // 16, RAYS_PER_CALL), 4 * RAYS_PER_CALL)
        over_ranges(kernels.render, n, per_call, *rays, *lattice, *field, step, nearest, *out, *kept.arrays())
        if keep:
            spans = (first.numpy(), counts.numpy())
            ctx.kept = (rays, kept, spans, lattice[0], field, grid.vertices.numpy(), step, smoothness)
        return rgb, depth, through

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_rgb, g_depth, g_through):  # noqa: D102
        rays, kept, spans, index, (density, color, background), vertices, step, smoothness = ctx.kept
        samples, n = kept.samples.numpy(), len(rays[0])
        g_rgb = g_rgb.contiguous().numpy()
        upstream = (g_rgb, g_depth.contiguous().numpy(), g_through.contiguous().numpy())
        over_ranges(gradient_kernels.sample_gradients, n, RAYS_PER_CALL, samples, *spans, background, step, *upstream)
        g_origins = g_directions = g_basis = g_density = g_color = None
        if ctx.needs_input_grad[0] or ctx.needs_input_grad[1]:
            g_origins, g_directions, g_basis = (torch.zeros(a.shape) for a in rays[:3])
            out = (g_origins.numpy(), g_directions.numpy(), g_basis.numpy())
            inputs = (*rays[:3], samples, *spans, index, density, color, g_rgb)
            over_ranges(gradient_kernels.ray_gradients, n, RAYS_PER_CALL, *inputs, *out)
        if ctx.needs_input_grad[4] or ctx.needs_input_grad[5]:
            g_density, g_color = _grid_gradients(rays, kept, spans, index, density, color, vertices, g_rgb, smoothness)
        _STORE.give_back(kept)
        ctx.kept = None
        return g_origins, g_directions, g_basis, None, g_density, g_color, None, None, None, None, None


def _grid_gradients(rays, kept, spans, index, density, color, vertices, g_rgb, smoothness):
    """Sparse gradients of density and colour."""
    slab = max(1, -(-index.shape[0] // (4 * num_threads())))
    samples, corners_below, touched = kept.arrays()
    slots = torch.empty(len(density), dtype=torch.int32).numpy()
    rows = torch.empty(len(density), dtype=torch.int64)
    count = gradient_kernels.number_touched(touched, slots, rows.numpy())
    rows = rows[:count]
    g_density, g_color = torch.zeros(count), torch.zeros(count, color.shape[1])
    out = (g_density.numpy(), g_color.numpy())
    inputs = (*rays[:3], samples, corners_below, *spans, index.shape, slots, g_rgb)
    over_ranges(gradient_kernels.scatter_gradients, index.shape[0], slab, *inputs, *out)
    if smoothness.density or smoothness.color:
        weights = (smoothness.density, smoothness.color, smoothness.softness)
        over_ranges(
            gradient_kernels.total_variation_gradients,
            count,
            8192,
            rows.numpy(),
            vertices,
            index,
            density,
            color,
            *weights,
            *out,
        )
    as_sparse = [
        torch.sparse_coo_tensor(rows[None], values, size, is_coalesced=True, check_invariants=False)
        for values, size in ((g_density, density.shape), (g_color, color.shape))
    ]
    return as_sparse
