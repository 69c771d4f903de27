"""Where the object may be: carving by silhouettes before anything is learnt, and by what photos show at all."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int, Num
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import PinholeStack

WRONG_SILHOUETTES = 0.02
"""Share of the cameras that may see a point outside, for silhouettes with holes."""


def visual_hull(
    points: Float[Tensor, "n 3"],
    cameras: PinholeStack,
    silhouettes: Sequence[Bool[Tensor, "_h _w"]],
    allowed_misses: float = WRONG_SILHOUETTES,
) -> Bool[Tensor, " n"]:
    """Which points may belong to the object: those that few cameras see outside of its silhouette.

    Args:
        points: world positions
        cameras: one for each silhouette
        silhouettes: generous ones; what lies outside of an image counts as inside
        allowed_misses: share of the cameras that may see a point outside
    """
    misses = torch.zeros(len(points), dtype=torch.int32, device=points.device)
    for pose, focal, center, size, mask in zip(
        cameras.camera_to_world, cameras.focal, cameras.center, cameras.size, silhouettes, strict=True
    ):
        pixel, seen = _pixels(points, pose, focal, center, size)
        x, y = pixel[seen].long().unbind(-1)
        misses[seen] += ~mask[y, x]
    return misses <= allowed_misses * len(cameras.focal)


def photos_that_show(points: Float[Tensor, "n 3"], cameras: PinholeStack) -> Int[Tensor, " n"]:
    """How many cameras have points in their image, whatever stands before them.

    Args:
        points: world positions
        cameras: those of the photos
    """
    count = torch.zeros(len(points), dtype=torch.int32, device=points.device)
    for camera in zip(cameras.camera_to_world, cameras.focal, cameras.center, cameras.size, strict=True):
        count += _pixels(points, *camera)[1]
    return count


def _pixels(
    points: Float[Tensor, "n 3"],
    pose: Float[Tensor, "3 4"],
    focal: Float[Tensor, "2"],
    center: Float[Tensor, "2"],
    size: Num[Tensor, "2"],
) -> tuple[Float[Tensor, "n 2"], Bool[Tensor, " n"]]:
    """Where a camera sees points, and which of them in its image."""
    local = (points - pose[:, 3]) @ pose[:, :3]
    pixel = (local[:, :2] * torch.tensor([1.0, -1.0], device=points.device) / -local[:, 2:]) * focal + center
    return pixel, (local[:, 2] < 0) & ((pixel >= 0) & (pixel < size)).all(-1)
