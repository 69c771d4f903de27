"""Volume rendering of a voxel grid in plain torch: slow on a CPU, obvious, and what other devices run."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.fields.kernels import OPAQUE
from pad_nerfstudio.fields.spherical_harmonics import sh_basis
from pad_nerfstudio.fields.voxel_grid import VoxelGrid


def entry_and_exit(
    origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"], shape: Int[Tensor, " 3"]
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Distances at which rays enter and leave the box [0, shape - 1]; the exit lies before the entry for a miss."""
    safe = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    a, b = -origins / safe, (shape - 1 - origins) / safe
    near = torch.minimum(a, b).amax(-1).clamp_min(0)
    return near, torch.maximum(a, b).amin(-1)


def corner_rows(
    points: Float[Tensor, "n 3"], index: Int[Tensor, "x y z"]
) -> tuple[Int[Tensor, "n 8"], Float[Tensor, "n 8"]]:
    """Rows and trilinear weights of the corners of the cells around `points` (grid units)."""
    last = torch.tensor(index.shape, device=points.device) - 2
    cell = torch.minimum(points.detach().long().clamp_min(0), last)
    fraction = points - cell
    rows, weights = [], []
    for corner in range(8):
        offset = torch.tensor([corner >> 2, corner >> 1 & 1, corner & 1], device=points.device)
        rows.append(index[tuple((cell + offset).unbind(-1))])
        weights.append(torch.where(offset.bool(), fraction, 1 - fraction).prod(-1))
    return torch.stack(rows, -1).long(), torch.stack(weights, -1)


def render_rays_reference(
    grid: VoxelGrid,
    origins: Float[Tensor, "n 3"],
    directions: Float[Tensor, "n 3"],
    step: float,
    offsets: Float[Tensor, " n"],
    nearest: bool = False,
) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 1"], Float[Tensor, "n 1"]]:
    """Colour, sum of weight times distance, and accumulation of rays, as `rendering.render_rays` has them."""
    o = grid.to_grid(origins)
    with torch.no_grad():
        near, far = entry_and_exit(o, directions, grid.shape)
        longest = int(torch.linalg.vector_norm(grid.shape.float()).item() / step) + 2
        i = torch.arange(longest, device=o.device)
        s = near[:, None] + (i + offsets[:, None]) * step
        positions = o[:, None] + s[..., None] * directions[:, None]
        last = torch.tensor(grid.index.shape, device=o.device) - 2
        cell = torch.minimum(positions.long().clamp_min(0), last)
        held = (s <= far[:, None]) & (grid.skip[tuple(cell.unbind(-1))] == 0)
    ray, _ = held.nonzero(as_tuple=True)
    s_held = s[held]
    points = o[ray] + s_held[:, None] * directions[ray]
    rows, weights = corner_rows(points, grid.index)
    raw = (weights * grid.density[rows]).sum(-1)
    tau = torch.zeros_like(s).masked_scatter(held, F.softplus(raw) * step)
    before = torch.cumsum(tau, dim=-1) - tau
    seen = (torch.exp(-before) >= float(OPAQUE)).detach()
    tau = tau * seen
    weight = torch.exp(-before) * -torch.expm1(-tau)
    if nearest:
        weights = F.one_hot(weights.argmax(-1), 8).to(weights)
    features = (weights[..., None] * grid.color[rows]).sum(-2)
    color = torch.einsum("nk,nkc->nc", sh_basis(grid.sh_degree, directions)[ray], features.unflatten(-1, (-1, 3)))
    held_weight = weight[held]
    through = torch.exp(-tau.sum(-1))
    rgb = torch.zeros_like(o).index_add(0, ray, held_weight[:, None] * color) + through[:, None] * grid.background
    distance = (weight * s).sum(-1, keepdim=True) * grid.voxel_size
    return rgb, distance, 1 - through[:, None]
