"""Colours in which objects stand out from the floor as much in a dim scene as in a bright one.

A decorrelation stretch: an affine map after which the colours of a scene vary alike in all directions. It leaves
mixtures of colours what they are, so a field renders stretched colours as it does plain ones; the squared error of
stretched colours is a squared Mahalanobis distance.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

SPREAD = 0.2
"""Standard deviation of stretched colours in every direction, around 0.5."""
NOISE = 0.05
"""What sRGB in [0, 1] varies by as noise and shading go; directions in which it hardly varies more stay narrower."""


@dataclass(frozen=True, eq=False)
class ColorStretch:
    """The affine map rgb -> 0.5 + matrix (rgb - mean), within [0, 1]."""

    matrix: Float[Tensor, "3 3"]
    """Symmetric, so that hues stay near what they are."""
    mean: Float[Tensor, "3"]
    """Of the colours that it was made for."""

    def __call__(self, rgb: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
        """Stretched colours of sRGB in [0, 1]."""
        return (0.5 + (rgb - self.mean) @ self.matrix).clamp(0, 1)


def color_stretch(rgb: Float[Tensor, "n 3"]) -> ColorStretch:
    """The stretch for some colours, at least one: sRGB in [0, 1]."""
    mean = rgb.mean(dim=0)
    spread, axes = torch.linalg.eigh(torch.cov(rgb.T.double(), correction=0))
    gain = SPREAD / (spread.clamp(min=0) + NOISE**2).sqrt()
    return ColorStretch(((axes * gain) @ axes.T).float(), mean)
