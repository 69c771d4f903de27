"""References in the light of a query, as its localisation found it."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization.lighting import UNCHANGED, Light, relit
from pad_nerfstudio.localization.silhouette import border_colour


def in_query_light(
    colors: Float[Tensor, "k h w 3"],
    accumulation: Float[Tensor, "h w"],
    light: Light,
    background: Float[Tensor, "3"],
    query: Float[Tensor, "h w 3"],
) -> Float[Tensor, "k h w 3"]:
    """What a query would show of the normal object; the colours themselves where its light is that of training.

    Args:
        colors: the reference and what nearby photos say of it, in [0, 1]
        accumulation: opacity of the reference in [0, 1]
        light: the query's
        background: colour behind the object in training
        query: colours in [0, 1]; the colour behind its object is read off its border, where that is plain
    """
    if light is UNCHANGED:
        return colors
    lit = torch.stack([relit(rgb, light.gain, light.bias, accumulation, background) for rgb in colors])
    behind = border_colour(query)
    if behind is None:
        return lit
    return (lit + (1.0 - accumulation)[..., None] * (behind - background).to(lit)).clamp(0.0, 1.0)
