"""The published pixel term."""

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.filters import gaussian_blur, resized
from pad_nerfstudio.models.rendering import Rendering

PUBLISHED_SIDE = 224
"""Side of the images that OmniposeAD and SplatPose compare, in pixels."""
PUBLISHED_SIGMA = 4.0
"""Standard deviation of their smoothing, in pixels at that side."""


def pixel_term(query: Float[Tensor, "h w 3"], reference: Float[Tensor, "h w 3"]) -> Float[Tensor, "1 side side"]:
    """Squared error of the colours at 224 x 224 pixels, smoothed."""
    pair = [resized(rgb.permute(2, 0, 1), PUBLISHED_SIDE, PUBLISHED_SIDE) for rgb in (query, reference)]
    error = ((pair[0] - pair[1]) ** 2).mean(dim=0, keepdim=True)
    return gaussian_blur(error, PUBLISHED_SIGMA)


def squared_error(
    query: Float[Tensor, "h w 3"], reference: Rendering, alternatives: Float[Tensor, "k h w 3"]
) -> Float[Tensor, "h w"]:
    """Squared error of the colours at 224 x 224 pixels, smoothed, at the query's resolution.

    The pixel term of OmniposeAD's scoring (Zhou et al., PAD, NeurIPS 2023, section 4.2) without its feature term.

    Args:
        query: colours in [0, 1]
        reference: the normal object seen by the query's camera, same size
        alternatives: not used, as published
    """
    h, w = query.shape[:2]
    return resized(pixel_term(query, reference.rgb), h, w)[0]
