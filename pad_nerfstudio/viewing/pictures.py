"""The pictures that become layers of the viewer."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pad_nerfstudio.anomaly.overlay import overlay

SCALE_WIDTH = 0.02
"""Of the colour scale at the right edge, as a share of the picture's width."""


def with_photo(
    rgb: Float[np.ndarray, "h w 3"],
    photo: UInt8[np.ndarray, "h w 3"],
    shown: Bool[np.ndarray, "h w"],
    opacity: float,
) -> Float[np.ndarray, "h w 3"]:
    """A rendering with a photo over it.

    Args:
        rgb: the rendering, in [0, 1]
        photo: the photo as the rendering's camera sees it
        shown: where it does
        opacity: of the photo; 0 leaves the rendering as it is
    """
    share = (opacity * shown)[..., None].astype(np.float32)
    return rgb * (1 - share) + photo.astype(np.float32) / 255 * share


def relative(scores: Float[np.ndarray, "h w"], limit: float) -> Float[np.ndarray, "h w"]:
    """Scores as shares of `limit`, in [0, 1]."""
    return np.clip(scores / max(limit, 1e-12), 0, 1).astype(np.float32)


def with_scale(levels: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """A layer with a colour scale at its right edge, 1 at the top and 0 at the bottom.

    It also keeps the viewer, which stretches every layer from its least to its highest value, from showing noise as if
    it were a defect.
    """
    h, w = levels.shape
    shown = levels.copy()
    shown[:, w - max(1, round(SCALE_WIDTH * w)) :] = np.linspace(1, 0, h, dtype=np.float32)[:, None]
    return shown


def scores_over(
    rgb: Float[np.ndarray, "h w 3"], scores: Float[np.ndarray, "h w"], limit: float, threshold: float | None
) -> Float[np.ndarray, "h w 3"]:
    """A picture in [0, 1] in faded gray with scores on top; see `overlay`."""
    picture = overlay((rgb.clip(0, 1) * 255).round().astype(np.uint8), scores, limit, threshold)
    return picture.astype(np.float32) / 255
