"""Exposure and white balance of one photo, as they differ from the common look of all."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class PhotoLight:
    """A photo shows `gain * colour + bias` of what has a colour in the common look."""

    gain: tuple[float, float, float]
    """Factor on each of R, G, B."""
    bias: tuple[float, float, float]
    """Added to each of R, G, B in [0, 1]."""

    def undone(
        self, rgb: Float[Tensor, "h w 3"], opacity: Float[Tensor, "h w"], background: Float[Tensor, "3"]
    ) -> Float[Tensor, "h w 3"]:
        """A photo in the common look; the background's share of each pixel stays as it is.

        Args:
            rgb: colours in [0, 1] over `background`
            opacity: of the object in each pixel, in [0, 1]
            background: colour behind the object
        """
        gain, bias = torch.tensor(self.gain).to(rgb), torch.tensor(self.bias).to(rgb)
        behind = (1 - opacity)[..., None] * background.to(rgb)
        return ((rgb - behind - opacity[..., None] * bias) / gain + behind).clamp(0, 1)
