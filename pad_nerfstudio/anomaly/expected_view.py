"""How the normal object is expected to look in one photo, and how sure that is."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.anomaly.unconfirmed import unconfirmed
from pad_nerfstudio.models.rendering import Rendering


@dataclass(frozen=True, eq=False)
class ExpectedView:
    """The reference of one photo with what tells how far it can be trusted."""

    reference: Rendering
    """The normal object seen by the photo's camera."""
    spread: Float[Tensor, "h w"]
    """How much nearby training photos contradict the reference: see `color_spread`."""
    unconfirmed: Bool[Tensor, "h w"]
    """Where nearby training photos do not see what the reference shows: see `unconfirmed`."""
    focal_length: float
    """Of the photo's camera along x, in pixels."""

    @classmethod
    def beside(
        cls, alternatives: Float[Tensor, "k h w 3"], reference: Rendering, focal_length: float
    ) -> "ExpectedView":
        """The reference judged by what each nearby photo makes of it."""
        spread = color_spread(reference.rgb, alternatives)
        return cls(reference, spread, unconfirmed(reference, alternatives), focal_length)


def color_spread(reference: Float[Tensor, "h w 3"], alternatives: Float[Tensor, "k h w 3"]) -> Float[Tensor, "h w"]:
    """Largest Euclidean distance of an alternative's colour from the reference's, in RGB; 0 without alternatives."""
    if not len(alternatives):
        return torch.zeros_like(reference[..., 0])
    return (alternatives - reference).norm(dim=-1).amax(dim=0)
