"""What lies behind objects, learnt before anything stands there."""

from collections.abc import Callable
from typing import Any

import torch
from nerfstudio.cameras.rays import RayBundle
from torch import Tensor, nn

STEPS, RATE = 400, 0.02
LEAST = 1e-4
"""Added to differences, whose root would have no gradient at 0."""


def paint(
    surroundings: nn.Module,
    seen_by: Callable[[Tensor, Tensor], Tensor],
    draw: Callable[[int], tuple[RayBundle, dict[str, Any]]],
) -> None:
    """Give what lies behind all the colours that most photos show there, so that what few show must stand before them.

    The root of the difference lets strays count little.

    Args:
        surroundings: to learn, in place
        seen_by: origins and directions of rays -> the colours of the surroundings that they see
        draw: step -> rays and a batch with the `image` colours that they see
    """
    optimizer = torch.optim.Adam(surroundings.parameters(), lr=RATE, betas=(0.9, 0.99))
    for step in range(STEPS):
        rays, batch = draw(step)
        seen = seen_by(rays.origins, rays.directions)
        optimizer.zero_grad(set_to_none=True)
        ((seen - batch["image"]).abs().sum(dim=-1) + LEAST).sqrt().mean().backward()
        optimizer.step()
