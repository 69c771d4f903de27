"""Where the field shows a surface that the photos do not vouch for."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.anomaly.object_distance import pixel_scale
from pad_nerfstudio.features.filters import dilated, gaussian_blur
from pad_nerfstudio.models.rendering import Renderings

WITNESSES = 0.5
"""Share of the nearby photos that must see a surface for it to count as confirmed."""
NEIGHBOURHOOD = 1.5
"""That share is a mean around each pixel: standard deviation of its weights, in pixels of an image 400 pixels wide."""

AROUND = 5.0
"""How far around a place that the photos contest beside the object they may be wrong, in the same unit."""


def unconfirmed(reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]) -> Bool[Tensor, "*batch h w"]:
    """Places of the object that fewer than half of the nearby photos see.

    In a gap that no training photo looks through, a field may hold anything: every photo is explained by what lies
    before and behind. Seen along the gap it shows a surface there that hardly any photo near the query has, save by
    chance; so not single pixels are asked but places. Beside the object, where photos speak only of what their masks
    alone call object, their word is a doubt as well: it was outvoted, and its edges may be anywhere near.

    Args:
        reference: the normal object seen by the query's camera, or by those of several queries
        alternatives: the reference as each photo corrects it, unchanged to the last bit where that photo does not see
            the surface; without any, nothing is doubted
    """
    inside = (reference.accumulation > 0.5).float()
    if not alternatives.shape[-4]:
        return torch.zeros_like(inside, dtype=torch.bool)
    told = (alternatives != reference.rgb.unsqueeze(-4)).any(dim=-1).float()
    contested = told.amax(dim=-3) * (1.0 - inside)
    scale = pixel_scale(*inside.shape[-2:])
    sums = gaussian_blur(torch.stack([told.mean(dim=-3) * inside, inside]), NEIGHBOURHOOD * scale)
    unseen = (sums[0] < WITNESSES * sums[1]) & (dilated(inside, 1) > 0)
    return unseen | (dilated(contested, max(1, round(AROUND * scale))) > 0)
