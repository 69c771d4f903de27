"""What the network thinks of a map in standard units."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.learned.comparison import logits
from pad_nerfstudio.features.filters import gaussian_blur
from pad_nerfstudio.models.rendering import Renderings

SHARE = 0.25
"""Power of the network's odds by which maps are weighed."""
OFFSET = 0.5
"""Added to a map first, in standard units: so that the network also speaks where nothing lies out of range."""
SMOOTHING = 2.0
"""Standard deviation of the smoothing of the logits, in pixels."""


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """The network's logits."""

    network: Callable[[Tensor], Tensor]
    """A trained `Comparator`."""

    def __call__(
        self, query: Float[Tensor, "*batch h w 3"], reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]
    ) -> Float[Tensor, "*batch h w"]:
        """Smoothed logit of every pixel to belong to a defect; see `Comparison` for the arguments."""
        return gaussian_blur(logits(self.network, query, reference, alternatives), SMOOTHING)


def weighed(anomaly_map: Float[Tensor, "h w"], opinion: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """A map times a power of the odds: two cues that must agree, as neither alone finds what both find.

    Args:
        anomaly_map: in standard units
        opinion: logits
    """
    return (anomaly_map + OFFSET) * torch.exp(SHARE * opinion)
