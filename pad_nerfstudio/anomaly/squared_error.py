"""The published pixel term."""

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.filters import gaussian_blur, resized
from pad_nerfstudio.models.rendering import Renderings

PUBLISHED_SIDE = 224
"""Side of the images that OmniposeAD and SplatPose compare, in pixels."""
PUBLISHED_SIGMA = 4.0
"""Standard deviation of their smoothing, in pixels at that side."""


def pixel_term(
    query: Float[Tensor, "*batch h w 3"], reference: Float[Tensor, "*batch h w 3"]
) -> Float[Tensor, "*batch side side"]:
    """Squared error of the colours at 224 x 224 pixels, smoothed."""
    pair = [resized(rgb.movedim(-1, -3), PUBLISHED_SIDE, PUBLISHED_SIDE) for rgb in (query, reference)]
    error = ((pair[0] - pair[1]) ** 2).mean(dim=-3)
    return gaussian_blur(error, PUBLISHED_SIGMA)


def squared_error(
    query: Float[Tensor, "*batch h w 3"], reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]
) -> Float[Tensor, "*batch h w"]:
    """Squared error of the colours at 224 x 224 pixels, smoothed, at the query's resolution.

    The pixel term of OmniposeAD's scoring (Zhou et al., PAD, NeurIPS 2023, section 4.2) without its feature term.

    Args:
        query: colours in [0, 1]
        reference: the normal object seen by the query's camera, same size
        alternatives: not used, as published
    """
    return resized(pixel_term(query, reference.rgb), *query.shape[-3:-1])
