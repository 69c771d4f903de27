"""What opacity costs where a field stands before surroundings that explain most of each photo by themselves."""

import torch
from jaxtyping import Float
from torch import Tensor

SPARSE, SOLID = 0.002, 0.1
"""Weight of the mean opacity at first, and of how far it is from all or nothing later."""
SOMETHING = 0.3
"""Opacity of a ray from which on it is taken to meet an object."""


def opacity_price(opacity: Float[Tensor, " n"], solid: bool) -> Float[Tensor, ""]:
    """The price of rays' opacities: of every bit of it, or, once things are `solid`, of what is neither all nor none.

    Added to the sum over the channels of the mean squared error of colours in [0, 1].
    """
    if not solid:
        return SPARSE * opacity.mean()
    undecided = torch.where(opacity.detach() > SOMETHING, (1 - opacity).square(), opacity)
    return SOLID * undecided.mean()
