"""Which pixels lie near the object in a reference."""

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

ONLY_OBJECT_RADIUS = 16.0
"""How far from the rendered object a map restricted to it still counts, in pixels of an image 400 pixels wide: what
sticks out of the object, like a burr, is a defect too."""


def pixel_scale(h: int, w: int) -> float:
    """Pixels of an image of this size per pixel of one that is 400 wide; lengths in pixels are given for the latter."""
    return max(h, w) / 400.0


def distance_to_object(accumulation: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Distance in pixels of each pixel to the nearest one that the object covers; 0 on the object."""
    return _distance_to_others(accumulation <= 0.5)


def distance_to_silhouette(accumulation: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Distance in pixels to the other side of the nearest silhouette, that of a hole included; at least 1."""
    solid = accumulation > 0.5
    return torch.maximum(_distance_to_others(solid), _distance_to_others(~solid))


def restricted_to_object(anomaly_map: Float[Tensor, "h w"], accumulation: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """The map on the object, dilated by `ONLY_OBJECT_RADIUS`; 0 elsewhere."""
    near = distance_to_object(accumulation) <= ONLY_OBJECT_RADIUS * pixel_scale(*accumulation.shape)
    return torch.where(near, anomaly_map, torch.zeros_like(anomaly_map))


def _distance_to_others(chosen: Tensor) -> Float[Tensor, "h w"]:
    """Euclidean distance of the chosen pixels to the nearest other one, 0 for the others."""
    if bool(chosen.all()):
        return torch.full(chosen.shape, float(sum(chosen.shape)), device=chosen.device)
    distance = cv2.distanceTransform(chosen.cpu().numpy().astype(np.uint8), cv2.DIST_L2, 5)
    return torch.from_numpy(distance).to(chosen.device)
