"""The place where objects may be: an upright cylinder on the floor, around the z axis."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings


def meets_place(
    origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"], settings: TrainingFreeSettings
) -> Bool[Tensor, " n"]:
    """Whether rays pass through the place for objects."""
    a = directions[:, :2].square().sum(dim=1)
    b = (origins[:, :2] * directions[:, :2]).sum(dim=1)
    discriminant = b * b - a * (origins[:, :2].square().sum(dim=1) - settings.radius**2)
    root = discriminant.clamp_min(0).sqrt()
    slab = torch.stack([-origins[:, 2], settings.height - origins[:, 2]]) / directions[:, 2]
    enters = torch.maximum((-b - root) / a, slab.amin(dim=0))
    leaves = torch.minimum((-b + root) / a, slab.amax(dim=0))
    return (discriminant > 0) & (leaves > enters) & (leaves > 0)
