"""How far each pixel of a query lies outside of everything the normal object may look like there."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.object_distance import pixel_scale
from pad_nerfstudio.anomaly.unconfirmed import unconfirmed
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.features.filters import dilated, eroded, gaussian_blur
from pad_nerfstudio.models.rendering import Renderings

SMOOTHING = 2.0
"""Standard deviation of the final smoothing, in pixels of an image 400 pixels wide."""
WINDOW = 1.0
"""How far around a pixel the range of colours reaches, in the same unit."""
WINDOW_IN_DOUBT = 5.0
"""The same where nearby photos do not see the surface: it may be a guess, and its edges anywhere near."""


def lab_envelope(
    query: Float[Tensor, "*batch h w 3"],
    reference: Renderings,
    alternatives: Float[Tensor, "*batch k h w 3"],
    window: float = WINDOW,
    window_in_doubt: float = WINDOW_IN_DOUBT,
) -> Float[Tensor, "*batch h w"]:
    """Distance in L*a*b* (over 100) from the query to the range of reference colours within a pixel, smoothed.

    Per channel, the range runs from the least to the greatest value of the reference and its alternatives in a 3 x 3
    window. An edge that is off by a part of a pixel blends the colours on its two sides, so it stays inside the range,
    as does a highlight that one nearby photo has and another has not. Where the photos do not see the surface (see
    `unconfirmed`), the window is wider.

    Args:
        query: colours in [0, 1]
        reference: the normal object seen by the query's camera, same size
        alternatives: other colours that the reference may have
        window: how far around a pixel the range of colours reaches, in pixels of an image 400 pixels wide, but at least
            one pixel; 0 for a pixel's own colours
        window_in_doubt: the same where the photos do not see the surface
    """
    scale = pixel_scale(*query.shape[-3:-1])
    normal = srgb_to_lab(torch.cat([reference.rgb.unsqueeze(-4), alternatives], dim=-4)).movedim(-1, -3) / 100.0
    lab = srgb_to_lab(query).movedim(-1, -3) / 100.0
    least, greatest = normal.amin(dim=-4), normal.amax(dim=-4)

    def outside(reach: float) -> Float[Tensor, "*batch h w"]:
        radius = max(1, round(reach * scale)) if reach else 0
        above, below = lab - dilated(greatest, radius), eroded(least, radius) - lab
        return (above.clamp_min(0.0) + below.clamp_min(0.0)).norm(dim=-3)

    distance = outside(window)
    doubted = unconfirmed(reference, alternatives)
    if window_in_doubt != window and bool(doubted.any()):
        distance = torch.where(doubted, outside(window_in_doubt), distance)
    return gaussian_blur(distance, SMOOTHING * scale)
