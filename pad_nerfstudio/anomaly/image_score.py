"""From an anomaly map to one number, by name."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.anomaly.object_distance import pixel_scale
from pad_nerfstudio.errors import UserError

POOLING_WINDOW = 5
"""Side of the window that `pooled_maximum` averages over, in pixels of an image 400 pixels wide."""

ImageScore = Callable[[Float[Tensor, "h w"]], float]
"""Anomaly map -> image score."""


def maximum(anomaly_map: Float[Tensor, "h w"]) -> float:
    """The highest value of the map, as published (PAD, section 4.2)."""
    return float(anomaly_map.max())


def pooled_maximum(anomaly_map: Float[Tensor, "h w"]) -> float:
    """The highest mean over a square window of `POOLING_WINDOW`, cut at the border: one pixel decides nothing."""
    radius = max(1, round(POOLING_WINDOW / 2 * pixel_scale(*anomaly_map.shape) - 0.5))
    window = 2 * radius + 1
    pooled = functional.avg_pool2d(anomaly_map[None], window, stride=1, padding=radius, count_include_pad=False)
    return float(pooled.max())


IMAGE_SCORES: Mapping[str, ImageScore] = {"maximum": maximum, "pooled-maximum": pooled_maximum}
"""What `--image-score` takes."""


def image_score_named(name: str) -> ImageScore:
    """Look an image score up.

    Raises:
        UserError: there is none of this name
    """
    if name not in IMAGE_SCORES:
        raise UserError(f"--image-score {name}: no such score; choose one of {', '.join(IMAGE_SCORES)}")
    return IMAGE_SCORES[name]
