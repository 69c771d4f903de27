"""The light of several queries at once; see `localization.lighting`."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.localization.batch.pictures import masked_median
from pad_nerfstudio.localization.lighting import BIASES, CLEARLY, CLIPPED, ENOUGH, FLAT, GAINS, UNCHANGED, Light


@dataclass(frozen=True, eq=False)
class Lights:
    """Gain and bias of each query; 1 and 0 where its light is that of the training photos."""

    gain: Float[Tensor, "b 3"]
    """Factor on linear differences."""
    bias: Float[Tensor, "b 3"]
    """Added to each of R, G, B."""
    changed: Bool[Tensor, " b"]
    """Whether they say more than nothing."""

    def one(self, number: int) -> Light:
        """That of one query."""
        return Light(self.gain[number].cpu(), self.bias[number].cpu()) if self.changed[number] else UNCHANGED


def no_lights(like: Float[Tensor, "b h w 3"]) -> Lights:
    """For queries in the light of the training photos."""
    ones = like.new_ones(len(like), 3)
    return Lights(ones, torch.zeros_like(ones), torch.zeros_like(ones[:, 0], dtype=torch.bool))


def fit_lights(
    queries: Float[Tensor, "b h w 3"],
    rendered: Float[Tensor, "b h w 3"],
    on_object: Bool[Tensor, "b h w"],
    floor: float = 0.05,
    rounds: int = 6,
) -> Lights:
    """See `fit_light`."""
    x, y, shown = rendered.flatten(1, 2).double(), queries.flatten(1, 2).double(), on_object.flatten(1)
    told = (y > CLIPPED) & (y < 1 - CLIPPED) & (x > CLIPPED) & (x < 1 - CLIPPED) & shown[..., None]
    count = told.sum(1, keepdim=True)
    gain, bias = x.new_ones(len(x), 1, 3), x.new_zeros(len(x), 1, 3)
    scale = x.new_full((len(x), 1), floor)
    for _ in range(rounds):
        square = ((gain * x + bias - y) * told).square().sum(-1)
        scale = (2 * masked_median(square, shown).sqrt()).clamp_min(floor)[:, None]
        weight = (told / ((1 + square / scale**2) ** 2)[..., None]) / count.clamp_min(1)
        total = weight.sum(1, keepdim=True).clamp_min(1e-30)
        mean_x, mean_y = ((weight * v).sum(1, keepdim=True) / total for v in (x, y))
        spread = (weight * (x - mean_x).square()).sum(1, keepdim=True) / total
        shared = (weight * (x - mean_x) * (y - mean_y)).sum(1, keepdim=True) / total
        gain = ((shared + FLAT**2) / (spread + FLAT**2)).clamp(*GAINS)
        bias = (mean_y - gain * mean_x).clamp(*BIASES)
    costs = []
    for difference in (gain * x + bias - y, x - y):
        square = (difference * told).square().sum(-1)
        costs.append((square / (1 + square / scale**2)).sum(1))
    changed = (costs[0] <= CLEARLY * costs[1]) & (count.amin((1, 2)) >= ENOUGH)
    none = no_lights(rendered)
    gain, bias = (value[:, 0].to(rendered) for value in (gain, bias))
    return Lights(
        torch.where(changed[:, None], gain, none.gain), torch.where(changed[:, None], bias, none.bias), changed
    )
