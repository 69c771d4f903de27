"""From a coarse full grid to a fine sparse one: where matter is, and the same field on another lattice."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.fields import kernels
from pad_nerfstudio.fields.parallel import over_ranges
from pad_nerfstudio.fields.reference import corner_rows
from pad_nerfstudio.fields.voxel_grid import VoxelGrid, corner_vertices


def vertex_opacity(grid: VoxelGrid) -> Float[Tensor, "x y z"]:
    """Opacity of a voxel's length of the matter at each vertex; 0 where there is no row."""
    opacity = torch.zeros(grid.index.shape, device=grid.density.device)
    opacity[grid.marked()] = -torch.expm1(-F.softplus(grid.density.detach()))
    return opacity


def dilate(mask: Bool[Tensor, "x y z"], radius: int) -> Bool[Tensor, "x y z"]:
    """Grow a mask by `radius` in every direction, corners included."""
    if radius == 0:
        return mask
    grown = F.max_pool3d(mask[None, None].float(), 2 * radius + 1, stride=1, padding=radius)
    return grown[0, 0] > 0


def tight_box(grid: VoxelGrid, occupied: Bool[Tensor, "x y z"], margin: float) -> Float[Tensor, "2 3"]:
    """The box of the occupied vertices, grown by `margin` voxels but not beyond the grid, in world units."""
    places = occupied.nonzero()
    low = (places.amin(0) - margin).clamp_min(0)
    high = torch.minimum(places.amax(0) + margin, grid.shape - 1)
    return grid.lower + torch.stack([low, high]) * grid.voxel_size


def interpolate_rows(grid: VoxelGrid, points: Float[Tensor, "n 3"]) -> tuple[Float[Tensor, " n"], Float[Tensor, "n c"]]:
    """Raw density and colour at world positions inside the grid; missing corners are empty and without colour."""
    points = grid.to_grid(points)
    density = torch.empty(len(points), device=points.device)
    color = torch.empty(len(points), grid.color.shape[1], device=points.device)
    if points.device.type == "cpu":
        field = (grid.index.numpy(), grid.density.detach().numpy(), grid.color.detach().numpy())
        out = (density.numpy(), color.numpy(), grid.empty_density)
        over_ranges(kernels.interpolate, len(points), 16384, points.contiguous().numpy(), *field, *out)
        return density, color
    for part in torch.arange(len(points), device=points.device).split(1 << 18):
        rows, weights = corner_rows(points[part], grid.index)
        known = (rows >= 0).float() * weights
        density[part] = (known * grid.density.detach()[rows]).sum(-1) + (1 - known.sum(-1)) * grid.empty_density
        total = (known[..., None] * grid.color.detach()[rows]).sum(-2)
        color[part] = torch.where(known.sum(-1, keepdim=True) > 1e-6, total / known.sum(-1, keepdim=True), 0.0)
    return density, color


def relay(grid: VoxelGrid, box: Float[Tensor, "2 3"], resolution: int, occupied: Bool[Tensor, "x y z"]) -> None:
    """Lay `grid` anew over `box` with `resolution` voxels along its longest side, rows only near occupied vertices.

    Args:
        grid: changed in place; its parameters become new objects, as a graph may still hold the former ones
        box: in world units, inside the present grid
        resolution: of the new grid
        occupied: vertices of the present grid near which there may be matter
    """
    extent = box[1] - box[0]
    voxel = extent.max() / resolution
    shape = (torch.ceil(extent / voxel - 1e-4).long() + 1).tolist()
    axes = [box[0, i] + torch.arange(n, device=box.device) * voxel for i, n in enumerate(shape)]
    positions = [
        ((axis - grid.lower[i]) / grid.voxel_size).round().long().clamp(0, occupied.shape[i] - 1)
        for i, axis in enumerate(axes)
    ]
    near = occupied[positions[0]][:, positions[1]][:, :, positions[2]]
    near[-1], near[:, -1], near[:, :, -1] = False, False, False
    marked = corner_vertices(near)
    points = torch.stack([axis[place] for axis, place in zip(axes, marked.nonzero().unbind(-1), strict=True)], dim=-1)
    last = grid.lower + (grid.shape - 1) * grid.voxel_size
    density, color = interpolate_rows(grid, torch.minimum(points, last))
    grid.place(box[0], voxel, marked)
    grid.set_parameters(density, color)


def prune(grid: VoxelGrid, occupied: Bool[Tensor, "x y z"]) -> Bool[Tensor, " rows"]:
    """Drop the rows that no cell with an occupied corner needs; returns which of the former rows are left."""
    cells = occupied
    for axis in range(3):
        cells = cells | torch.roll(cells, -1, dims=axis)
    cells[-1], cells[:, -1], cells[:, :, -1] = False, False, False
    marked = corner_vertices(cells) & grid.marked()
    kept = marked[grid.marked()]
    density, color = grid.density.data[kept], grid.color.data[kept]
    grid.place(grid.lower, grid.voxel_size, marked)
    grid.set_parameters(density, color)
    return kept
