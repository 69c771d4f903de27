"""Colour and structure compared in a perceptual space, blind to edges that are off by a pixel."""

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.color import srgb_to_lab
from pad_nerfstudio.anomaly.filters import dilated, eroded, gaussian_blur
from pad_nerfstudio.models.rendering import Rendering


def lab_gradient(query: Float[Tensor, "h w 3"], reference: Rendering) -> Float[Tensor, "h w"]:
    """First version."""
    q = srgb_to_lab(query).permute(2, 0, 1)
    r = srgb_to_lab(reference.rgb).permute(2, 0, 1)
    over = (q - dilated(r, 1)).clamp_min(0) + (eroded(r, 1) - q).clamp_min(0)
    return gaussian_blur(over.norm(dim=0)[None], 2.0)[0] / 100
