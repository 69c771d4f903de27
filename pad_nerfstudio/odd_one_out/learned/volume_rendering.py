"""Rendering of volumes along rays."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid

VISIBLE = 1e-3
"""Share of a ray's colour below which a sample is left out where its weight takes no gradient."""


@dataclass(frozen=True, eq=False)
class WeightedSamples:
    """Places along rays and how much each adds to what its ray sees."""

    points: Float[Tensor, "rays samples 3"]
    """World points."""
    weights: Float[Tensor, "rays samples"]
    """Opacity of the place times transmittance up to it."""

    def accumulation(self) -> Float[Tensor, " rays"]:
        """Opacity of whole rays: the rendered mask."""
        return self.weights.sum(dim=-1)


def points_in_grid(
    grid: SceneGrid,
    origins: Float[Tensor, "rays 3"],
    directions: Float[Tensor, "rays 3"],
    samples: int,
    generator: torch.Generator | None = None,
) -> tuple[Float[Tensor, "rays samples 3"], Float[Tensor, " rays"]]:
    """Evenly spaced points between where rays enter and leave the grid.

    Args:
        grid: the grid
        origins: of the rays, world frame
        directions: unit vectors, world frame
        samples: points a ray
        generator: moves each point at random within its interval; in the middle of it where not given

    Returns:
        the points, and the length of an interval of each ray in voxels: 0 where it misses the grid
    """
    near, far = _crossing(grid, origins, directions)
    length = (far - near).clamp_min(0) / samples
    shape = (len(origins), samples)
    shift = torch.rand(shape, generator=generator).to(origins) if generator is not None else 0.5
    distances = near[:, None] + (torch.arange(samples).to(origins) + shift) * length[:, None]
    return origins[:, None] + distances[..., None] * directions[:, None], length / grid.voxel_size


def _crossing(
    grid: SceneGrid, origins: Float[Tensor, "rays 3"], directions: Float[Tensor, "rays 3"]
) -> tuple[Float[Tensor, " rays"], Float[Tensor, " rays"]]:
    """Distances at which rays enter and leave the grid; the first is the greater where they miss it."""
    along = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    ends = (grid.bounds().to(origins)[:, None] - origins) / along
    near, far = ends.amin(dim=0).amax(dim=-1), ends.amax(dim=0).amin(dim=-1)
    return near.clamp_min(0), far


def weights_along_rays(
    density: Float[Tensor, "rays samples"], length: Float[Tensor, " rays"]
) -> Float[Tensor, "rays samples"]:
    """Weights of samples (Mildenhall et al., "NeRF", equation 3).

    Args:
        density: per length of a voxel, so that it means the same however many samples there are
        length: of each sample's interval, in voxels
    """
    depth = density * length[:, None]
    before = torch.cumsum(depth, dim=-1) - depth
    return torch.exp(-before) * -torch.expm1(-depth)


def weighted_samples(
    grid: SceneGrid,
    density: Float[Tensor, "x y z"],
    origins: Float[Tensor, "rays 3"],
    directions: Float[Tensor, "rays 3"],
    samples: int,
    generator: torch.Generator | None = None,
) -> WeightedSamples:
    """Samples of rays through a volume of density; see `points_in_grid`."""
    points, length = points_in_grid(grid, origins, directions, samples, generator)
    found = grid.between_voxels(density[None], points.reshape(-1, 3)).view(len(origins), samples)
    return WeightedSamples(points, weights_along_rays(found, length))


def composite(grid: SceneGrid, volume: Float[Tensor, "c x y z"], along: WeightedSamples) -> Float[Tensor, "rays c"]:
    """What rays see of a volume, with gradients to it and to the weights."""
    values = grid.between_voxels(volume, along.points.reshape(-1, 3)).view(len(volume), *along.weights.shape)
    return torch.einsum("crs,rs->rc", values, along.weights)


def composite_visible(
    grid: SceneGrid, volume: Float[Tensor, "c x y z"], along: WeightedSamples
) -> Float[Tensor, "rays c"]:
    """The same with no gradient to the weights, so that samples which add next to nothing need not be read.

    The features of Bhunia et al., section 3.2: gradients are stopped at the density, as a teacher's features of
    different views do not quite agree and would spoil the shape.
    """
    weights = along.weights.detach()
    ray, sample = (weights > VISIBLE).nonzero(as_tuple=True)
    values = grid.between_voxels(volume, along.points[ray, sample].detach()) * weights[ray, sample]
    return weights.new_zeros(len(weights), len(volume)).index_add(0, ray, values.T)
