"""What stands behind the objects of a scene: the floor they stand on, and whatever lies above the horizon."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

SKY_SHAPE = (32, 64)
"""Texels of the sky: elevation, azimuth."""
THIN = -6.0
"""Raw density to begin with before surroundings, which explain all there is: a voxel takes 0.25 % of the light."""
NEAREST_HORIZON = 1e-3
"""Of a contracted floor; places beyond `1 / NEAREST_HORIZON` units are one."""


def contract(places: Float[Tensor, "*n 2"], unit: float) -> Float[Tensor, "*n 2"]:
    """Places on the floor as texture coordinates in (-1, 1): even near the origin, the horizon at the rim.

    As mip-NeRF 360 (Barron et al. 2022, equation 10) contracts space, but a square and without its kink.
    """
    return places / (unit + places.abs().amax(dim=-1, keepdim=True))


def expand(coordinates: Float[Tensor, "*n 2"], unit: float) -> Float[Tensor, "*n 2"]:
    """Inverse of `contract`."""
    to_rim = (1 - coordinates.abs().amax(dim=-1, keepdim=True)).clamp_min(NEAREST_HORIZON)
    return unit * coordinates / to_rim


@dataclass(frozen=True)
class Backdrop:
    """Where rays end that meet nothing."""

    distance: Float[Tensor, " n"]
    """To the floor z = 0; infinite where a ray misses it and sees the sky."""
    coordinates: Float[Tensor, "n 2"]
    """Of the floor's texture or the sky's, in [-1, 1]."""

    @property
    def on_floor(self) -> Bool[Tensor, " n"]:
        """Whether a ray meets the floor."""
        return self.distance.isfinite()

    def __getitem__(self, chosen: Tensor) -> "Backdrop":
        """That of some of the rays."""
        return Backdrop(self.distance[chosen], self.coordinates[chosen])


def above_floor(box: Float[Tensor, "2 3"]) -> Float[Tensor, "2 3"]:
    """What of a box (minimum and maximum corner, z up) lies above the floor z = 0; all of it where it ends below."""
    raised = box.clone()
    if box[1, 2] > 0:
        raised[0, 2].clamp_min_(0)
    return raised


def floor_distance(origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    """Distance along rays (unit directions, world frame with z up) to the floor z = 0; infinite where they miss it."""
    distance = -origins[:, 2] / directions[:, 2]
    return torch.where((distance > 0) & distance.isfinite(), distance, torch.inf)


def backdrop(origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"], unit: float) -> Backdrop:
    """Where rays (unit directions, world frame with z up) end that meet nothing."""
    distance = floor_distance(origins, directions)
    on_floor = distance.isfinite()
    places = (origins + torch.where(on_floor, distance, 0.0)[:, None] * directions)[:, :2]
    azimuth = torch.atan2(directions[:, 1], directions[:, 0]) / torch.pi
    elevation = torch.asin(directions[:, 2].clamp(-1, 1)) / (torch.pi / 2)
    in_sky = torch.stack([azimuth, elevation], dim=-1)
    return Backdrop(distance, torch.where(on_floor[:, None], contract(places, unit), in_sky))


class Surroundings(nn.Module):
    """Colours of the floor z = 0 and of the sky by direction, both textures to be learnt."""

    def __init__(self, floor: Float[Tensor, "t t 3"], unit: float) -> None:
        """Begin with a floor whose rows are y and whose columns are x, contracted by `unit`; the sky is its mean."""
        super().__init__()
        self.unit = unit
        self.floor = nn.Parameter(floor.permute(2, 0, 1)[None].contiguous())
        self.sky = nn.Parameter(floor.mean(dim=(0, 1))[None, :, None, None].repeat(1, 1, *SKY_SHAPE))

    def forward(self, rays: Backdrop) -> Float[Tensor, "n 3"]:
        """What rays see that meet nothing."""
        floor, sky = (
            F.grid_sample(texture, rays.coordinates[None, None], padding_mode="border", align_corners=False)[0, :, 0].T
            for texture in (self.floor, self.sky)
        )
        return torch.where(rays.on_floor[:, None], floor, sky)
