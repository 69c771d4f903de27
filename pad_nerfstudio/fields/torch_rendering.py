"""Volume rendering of a voxel grid for devices with many cores: a few dozen operations over all samples of all rays.

`reference` says the same with less care for memory and with waits for the device; tests hold one against the other.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pad_nerfstudio.fields.kernels import OPAQUE
from pad_nerfstudio.fields.reference import entry_and_exit
from pad_nerfstudio.fields.sample_room import SampleRoom
from pad_nerfstudio.fields.spherical_harmonics import sh_basis
from pad_nerfstudio.fields.total_variation import Smoothness, with_total_variation
from pad_nerfstudio.fields.trilinear import cell_corners, weighted_rows
from pad_nerfstudio.fields.voxel_grid import VoxelGrid

CANDIDATES_AT_ONCE = 1 << 25
"""Places along rays that are looked at together where nothing is learnt; about 20 bytes each."""
Rays = tuple[Float[Tensor, "n 3"], Float[Tensor, "n 1"], Float[Tensor, "n 1"]]


def render_rays_torch(
    grid: VoxelGrid,
    origins: Float[Tensor, "n 3"],
    directions: Float[Tensor, "n 3"],
    step: float,
    offsets: Float[Tensor, " n"],
    smoothness: Smoothness | None = None,
    nearest: bool = False,
    room: SampleRoom | None = None,
) -> Rays:
    """Colour, sum of weight times distance, and accumulation of rays, as `rendering.render_rays` has them.

    Args:
        grid: the field
        origins: world positions
        directions: unit vectors
        step: distance of samples along a ray, in voxels
        offsets: where in its step each ray's first sample lies, in [0, 1)
        smoothness: total variation whose gradient is added on the way back
        nearest: take the colour of a sample from the nearest vertex alone
        room: bounds the samples without waiting for the device; None counts them
    """
    if torch.is_grad_enabled():
        return _render(grid, origins, directions, step, offsets, smoothness or Smoothness(), nearest, room)
    rays = max(1, CANDIDATES_AT_ONCE // samples_along(grid, step))
    chunks = zip(origins.split(rays), directions.split(rays), offsets.split(rays), strict=True)
    parts = [_render(grid, o, d, step, t, Smoothness(), nearest, room) for o, d, t in chunks]
    rgb, distance, accumulation = (torch.cat(part) for part in zip(*parts, strict=True))
    return rgb, distance, accumulation


def samples_along(grid: VoxelGrid, step: float) -> int:
    """Most samples that a ray can have within the grid."""
    return int(math.sqrt(sum(n * n for n in grid.index.shape)) / step) + 2


def _render(grid, origins, directions, step, offsets, smoothness, nearest, room) -> Rays:
    o = grid.to_grid(origins)
    with torch.no_grad():
        s, held = candidates(grid, o, directions, step, offsets)
        size = int(held.sum()) if room is None else room.of(held, grid.skip)
        flat, valid, ends = packed(held, size)
        ray, s = flat // held.shape[1], s.reshape(-1)[flat]
    points = o.index_select(0, ray) + s[:, None] * directions.index_select(0, ray)
    rows, weights = cell_corners(points, grid.index)
    rows, weights = rows.clamp_min(0), weights * valid[:, None]
    density, color = with_total_variation(grid, smoothness)
    raw = weighted_rows(density[:, None], rows, weights)[:, 0]
    tau = F.softplus(raw) * step * valid
    before = sum_before(tau, ray, ends)
    tau = tau * (torch.exp(-before) >= float(OPAQUE)).detach()
    weight = torch.exp(-before) * -torch.expm1(-tau)
    if nearest:
        features = color[rows.gather(1, weights.argmax(-1, keepdim=True))[:, 0]]
    else:
        features = weighted_rows(color, rows, weights)
    basis = sh_basis(grid.sh_degree, directions).index_select(0, ray)
    rgb = (basis[..., None] * features.unflatten(-1, (-1, 3))).sum(1)
    through = torch.exp(-per_ray(tau[:, None], ray, len(o)))
    seen = per_ray(weight[:, None] * rgb, ray, len(o)) + through * grid.background
    return seen, per_ray((weight * s)[:, None], ray, len(o)) * grid.voxel_size, 1 - through


def candidates(
    grid: VoxelGrid,
    origins: Float[Tensor, "n 3"],
    directions: Float[Tensor, "n 3"],
    step: float,
    offsets: Float[Tensor, " n"],
) -> tuple[Float[Tensor, "n l"], Bool[Tensor, "n l"]]:
    """Distances (grid units) of all places where rays may be sampled, and which of them lie in cells with matter.

    One axis after the other, so that no (n, l, 3) is held.
    """
    near, far = entry_and_exit(origins, directions, grid.shape)
    i = torch.arange(samples_along(grid, step), device=origins.device)
    s = near[:, None] + (i + offsets[:, None]) * step
    cell = torch.zeros_like(s, dtype=torch.long)
    for axis, size in enumerate(grid.index.shape):
        place = (origins[:, axis, None] + s * directions[:, axis, None]).long().clamp_(0, size - 2)
        cell.mul_(size).add_(place)
    return s, (s <= far[:, None]) & (grid.skip.view(-1)[cell] == 0)


def packed(held: Bool[Tensor, "n l"], room: int) -> tuple[Int[Tensor, " m"], Bool[Tensor, " m"], Int[Tensor, " n"]]:
    """The first `room` places that are held, in order, without a result whose size the host would have to wait for.

    Returns:
        their flat indices; which of them are real, as those that are missing are filled up with the last place; and for
        each ray, how many there are up to its end
    """
    count = held.view(-1).cumsum(0)
    wanted = torch.arange(1, room + 1, device=held.device)
    flat = torch.searchsorted(count, wanted).clamp_max(held.numel() - 1)
    return flat, wanted <= count[-1], count.view(held.shape)[:, -1].clamp_max(room)


def sum_before(values: Float[Tensor, " m"], ray: Int[Tensor, " m"], ends: Int[Tensor, " n"]) -> Float[Tensor, " m"]:
    """For each sample, the sum over those before it on the same ray.

    A running sum over all rays, less what it was where the ray begins; in double precision, as it grows large.
    """
    total = F.pad(values.double().cumsum(0), (1, 0))
    first = F.pad(ends[:-1], (1, 0))
    return (total[:-1] - total.index_select(0, first).index_select(0, ray)).to(values.dtype)


def per_ray(values: Float[Tensor, "m c"], ray: Int[Tensor, " m"], rays: int) -> Float[Tensor, "rays c"]:
    """Sums over the samples of each ray."""
    return values.new_zeros(rays, values.shape[1]).index_add(0, ray, values)
