"""How the normal object is expected to look in one photo, and how sure that is."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.models.rendering import Rendering


@dataclass(frozen=True, eq=False)
class ExpectedView:
    """The reference of one photo with what tells how far it can be trusted."""

    reference: Rendering
    """The normal object seen by the photo's camera."""
    spread: Float[Tensor, "h w"]
    """How much nearby training photos contradict the reference: see `color_spread`."""
    focal_length: float
    """Of the photo's camera along x, in pixels."""


def color_spread(reference: Float[Tensor, "h w 3"], alternatives: Float[Tensor, "k h w 3"]) -> Float[Tensor, "h w"]:
    """Largest Euclidean distance of an alternative's colour from the reference's, in RGB; 0 without alternatives."""
    if not len(alternatives):
        return torch.zeros_like(reference[..., 0])
    return (alternatives - reference).norm(dim=-1).amax(dim=0)
