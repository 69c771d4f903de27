"""Which places of an object made the network judge it odd."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

SHARE = 0.15
"""Of an object's solid places, that are told at most."""


def decisive_places(
    judge: Callable[[Float[Tensor, "n c a a a"]], Float[Tensor, " n"]],
    objects: Float[Tensor, "n c a a a"],
    number: int,
    solid: Bool[Tensor, "a a a"],
) -> Bool[Tensor, "a a a"]:
    """Solid places of one object whose values speak for its oddness, the strongest few of them.

    Gradient of the logit times value, summed over the channels (Shrikumar et al., "Not just a black box", 2016).

    Args:
        judge: logits of a scene's objects to be anomalous, differentiable in their volumes
        objects: the volumes
        number: of the object
        solid: places at which it has matter; others are not told
    """
    with torch.inference_mode(False), torch.enable_grad():
        values = objects.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(judge(values)[number], values)
    speaks = torch.where(solid, (gradient[number] * objects[number]).sum(dim=0), -torch.inf)
    count = max(1, int(SHARE * int(solid.sum())))
    told = torch.zeros_like(solid).view(-1)
    told[speaks.view(-1).topk(min(count, told.numel())).indices] = True
    return told.view_as(solid) & (speaks > 0)
