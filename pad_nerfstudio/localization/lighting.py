"""Light that differs between a query and the training photos: a gain and a bias for each colour channel.

The model is `query ~ gain * rendering + bias` on the object. The background is no part of it: a white sheet behind an
object is often overexposed and stays white whatever the light, so its colour is read off the query's own border
instead (see `Target.background`). Pixels at the ends of the range may be clipped and say nothing about the light.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

GAINS = (0.4, 2.5)
"""Range of gains that are believed."""
BIASES = (-0.3, 0.3)
"""Range of biases that are believed."""
CLIPPED = 0.02
"""Values this near to 0 or 1 may be clipped."""
FLAT = 0.03
"""A channel whose values spread less than this over the object tells a bias, but little about a gain."""
ENOUGH = 50
"""Fewest pixels from which light is fitted."""
CLEARLY = 0.75
"""Light is only believed where it brings the robust squared difference below this share of what it is without."""


@dataclass(frozen=True, eq=False)
class Light:
    """How a query's light differs from that of the training photos."""

    gain: Float[Tensor, "3"] = field(default_factory=lambda: torch.ones(3))
    """Factor on linear differences of each of R, G, B."""
    bias: Float[Tensor, "3"] = field(default_factory=lambda: torch.zeros(3))
    """Added to each of R, G, B in [0, 1]."""


UNCHANGED = Light()
"""The light of the training photos."""


def relit(
    rgb: Float[Tensor, "h w 3"],
    gain: Float[Tensor, "3"],
    bias: Float[Tensor, "3"],
    accumulation: Float[Tensor, "h w"] | None = None,
    background: Float[Tensor, "3"] | None = None,
) -> Float[Tensor, "h w 3"]:
    """A rendering in other light: `gain * rgb + bias`, cut to [0, 1].

    With `accumulation` and `background`, only the object's share of each pixel changes, and the background behind it
    keeps its colour.

    Args:
        rgb: colour in [0, 1]
        gain: factor on each channel
        bias: added to each channel
        accumulation: opacity of the object in [0, 1]
        background: colour behind the object that `rgb` was rendered on

    Raises:
        ValueError: only one of `accumulation` and `background` is given
    """
    if (accumulation is None) != (background is None):
        raise ValueError("the object's share of a pixel needs both its opacity and the colour behind it")
    gain, bias = gain.to(rgb), bias.to(rgb)
    if accumulation is None or background is None:
        return (gain * rgb + bias).clamp(0, 1)
    opacity = accumulation[..., None]
    behind = (1 - opacity) * background.to(rgb)
    return (gain * (rgb - behind) + opacity * bias + behind).clamp(0, 1)


def fit_light(
    query: Float[Tensor, "h w 3"],
    rendered: Float[Tensor, "h w 3"],
    on_object: Bool[Tensor, "h w"],
    floor: float = 0.05,
    rounds: int = 6,
) -> Light:
    """Gain and bias by which a rendering explains a query, or `UNCHANGED` where they do not clearly explain more.

    Iteratively reweighted least squares with the Geman-McClure weights of the alignment, so that a defect does not
    count as light; what is an outlier follows from the median difference.

    Args:
        query: colour in [0, 1]
        rendered: the object in the light of the training photos, same camera
        on_object: pixels that both show as object
        floor: least outlier scale, as a colour difference
        rounds: of reweighting
    """
    x, y = rendered[on_object].double(), query[on_object].double()
    told = (y > CLIPPED) & (y < 1 - CLIPPED) & (x > CLIPPED) & (x < 1 - CLIPPED)
    if len(x) == 0 or int(told.sum(0).min()) < ENOUGH:
        return UNCHANGED
    gain, bias = torch.ones(3).to(x), torch.zeros(3).to(x)
    scale = floor
    for _ in range(rounds):
        square = ((gain * x + bias - y) * told).square().sum(-1)
        scale = max(floor, 2 * float(square.median().sqrt()))
        weight = (told / (1 + square / scale**2)[:, None] ** 2) / told.sum(0)
        total = weight.sum(0)
        mean_x, mean_y = (weight * x).sum(0) / total, (weight * y).sum(0) / total
        spread = (weight * (x - mean_x).square()).sum(0) / total
        shared = (weight * (x - mean_x) * (y - mean_y)).sum(0) / total
        gain = ((shared + FLAT**2) / (spread + FLAT**2)).clamp(*GAINS)
        bias = (mean_y - gain * mean_x).clamp(*BIASES)
    with_light, without = (
        float((square / (1 + square / scale**2)).mean())
        for square in (((gain * x + bias - y) * told).square().sum(-1), ((x - y) * told).square().sum(-1))
    )
    if with_light > CLEARLY * without:
        return UNCHANGED
    return Light(gain.float().cpu(), bias.float().cpu())
