"""The share of an image that does not depend on how brightly it is lit."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.filters import gaussian_blur

SURROUND = 0.08
"""Standard deviation of the surround, as a share of the image's longer side: 80 pixels of 1000, as in the source."""
DARKEST = 1.0 / 255.0
"""Added to every colour, so that black has a logarithm."""


def reflectance(rgb: Float[Tensor, "*batch 3 h w"]) -> Float[Tensor, "*batch 3 h w"]:
    """Single-scale retinex: the logarithm of each channel over that of its surround, from [-1, 1] brought to [0, 1].

    Jobson, Rahman and Woodell, "Properties and performance of a center/surround retinex", IEEE Transactions on Image
    Processing 6(3), 1997. A light that changes slowly over the image, or as a whole, cancels.
    """
    bright = rgb.clamp(0.0, 1.0) + DARKEST
    surround = gaussian_blur(bright, SURROUND * max(rgb.shape[-2:]))
    return (0.5 + 0.5 * torch.log(bright / surround)).clamp(0.0, 1.0)
