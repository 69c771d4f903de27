"""Exposure and white balance of each training photo, learnt with the field."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pad_nerfstudio.data.photo_light import PhotoLight

CAUTION = 0.01
"""Weight of the squared logarithms of gains and of squared biases: light explains no more than it has to."""


class PhotoColors(nn.Module):
    """A gain and a bias for each photo and channel. Their means over the photos are one and zero, so that the field
    itself cannot drift into another light."""

    def __init__(self, photos: int) -> None:
        """Begin with photos that are all alike."""
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(photos, 3))
        self.bias = nn.Parameter(torch.zeros(photos, 3))

    def forward(
        self,
        rgb: Float[Tensor, "n 3"],
        photo: Int[Tensor, " n"],
        opacity: Float[Tensor, "n 1"],
        background: Float[Tensor, "3"] | None,
    ) -> Float[Tensor, "n 3"]:
        """What photos show of rendered colours; a plain background's share of each pixel stays as it is.

        Args:
            rgb: rendered
            photo: which photo each ray belongs to
            opacity: of what was rendered
            background: a plain one behind the object; None where what lies there is lit like the object
        """
        gain, bias = self.gains_and_biases()
        if background is None:
            return gain[photo] * rgb + bias[photo]
        behind = (1 - opacity) * background
        return gain[photo] * (rgb - behind) + opacity * bias[photo] + behind

    def gains_and_biases(self) -> tuple[Float[Tensor, "photos 3"], Float[Tensor, "photos 3"]]:
        """Of all photos; the geometric mean of the gains is 1, the mean of the biases 0."""
        return (self.log_gain - self.log_gain.mean(0)).exp(), self.bias - self.bias.mean(0)

    def caution(self) -> Float[Tensor, ""]:
        """The price of differing from the other photos."""
        return CAUTION * (self.log_gain.square().mean() + self.bias.square().mean())

    @torch.no_grad()
    def lights(self) -> list[PhotoLight]:
        """Of all photos."""
        gains, biases = (t.cpu().tolist() for t in self.gains_and_biases())
        return [PhotoLight(tuple(gain), tuple(bias)) for gain, bias in zip(gains, biases, strict=True)]


def fitted_colors(rgb: Float[Tensor, "h w 3"], truth: Float[Tensor, "h w 3"]) -> Float[Tensor, "h w 3"]:
    """`rgb` in the light of `truth`: the gain and bias of each channel with the least squared difference."""
    x, y = rgb.flatten(0, 1).double(), truth.flatten(0, 1).double()
    centred = x - x.mean(0)
    gain = (centred * y).sum(0) / centred.square().sum(0).clamp_min(1e-12)
    return (gain * (rgb - x.mean(0)) + y.mean(0)).to(rgb).clamp(0, 1)
