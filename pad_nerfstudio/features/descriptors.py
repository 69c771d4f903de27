"""Features that need no weights: colour, gradients and local structure at several scales."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.features.filters import gaussian_blur, gradient, resized

SCALES = (0.0, 1.0, 2.0, 4.0)
"""Standard deviations of the smoothing before a layer is taken, in pixels of the image at its working side."""
GRADIENT_GAIN = 4.0
"""Brings gradients to the range of colours."""
STRUCTURE_GAIN = 8.0
"""Brings the structure tensor's square root to the range of colours."""


class Descriptors:
    """Per scale, a layer of eight channels: L*a*b*, the gradient of lightness, and the structure tensor around it."""

    side = 224

    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Float[Tensor, "*batch 8 a b"]]:
        """A layer per scale; each halves the size once its smoothing allows it."""
        small = resized(images, self.side, self.side)
        lab = srgb_to_lab(small.movedim(-3, -1)).movedim(-1, -3) / 100.0
        return [self._layer(gaussian_blur(lab, scale), scale) for scale in SCALES]

    def _layer(self, lab: Float[Tensor, "*batch 3 h w"], scale: float) -> Float[Tensor, "*batch 8 a b"]:
        reach = max(1.0, scale)
        along_x, along_y = (part[..., :1, :, :] * GRADIENT_GAIN * reach for part in gradient(lab))
        products = torch.cat([along_x * along_x, along_y * along_y, along_x * along_y], dim=-3)
        # the signed square root keeps the structure linear in contrast, like the other channels
        structure = gaussian_blur(products, 2.0 * reach)
        structure = structure.sign() * structure.abs().sqrt() * STRUCTURE_GAIN / GRADIENT_GAIN
        maps = torch.cat([lab, along_x, along_y, structure], dim=-3)
        shrunk = self.side // max(1, int(scale))
        return resized(maps, shrunk, shrunk)
