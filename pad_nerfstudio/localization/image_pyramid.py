"""Smaller and smoother images, with the camera that fits them."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole


def resize(image: Float[Tensor, "h w c"], w: int, h: int) -> Float[Tensor, "h2 w2 c"]:
    """Resample to `w` x `h` pixels without aliasing; pixel edges stay where they are, as in `Pinhole.resized`."""
    if image.shape[:2] == (h, w):
        return image
    planes = image.permute(2, 0, 1)[None]
    small = functional.interpolate(planes, size=(h, w), mode="bilinear", align_corners=False, antialias=True)
    return small[0].permute(1, 2, 0).contiguous()


def blur(image: Float[Tensor, "h w c"], sigma: float) -> Float[Tensor, "h w c"]:
    """Gaussian blur with a standard deviation in pixels; the border is repeated. Zero leaves the image as it is."""
    if sigma <= 0:
        return image
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    planes = functional.pad(image.permute(2, 0, 1)[:, None], [radius] * 4, mode="replicate")
    planes = functional.conv2d(planes, kernel.view(1, 1, 1, -1))
    planes = functional.conv2d(planes, kernel.view(1, 1, -1, 1))
    return planes[:, 0].permute(1, 2, 0)


def gradient(image: Float[Tensor, "h w c"]) -> Float[Tensor, "h w c 2"]:
    """Central differences along x and y, per pixel; one-sided at the border."""
    planes = image.permute(2, 0, 1)[:, None]
    padded = functional.pad(planes, [1, 1, 1, 1], mode="replicate")[:, 0]
    dx = 0.5 * (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2])
    dy = 0.5 * (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1])
    return torch.stack([dx, dy], dim=-1).permute(1, 2, 0, 3)


def scaled_camera(camera: Pinhole, size: int) -> Pinhole:
    """The camera of the image whose longer side has `size` pixels; never larger than the camera's own image."""
    scale = min(1.0, size / max(camera.w, camera.h))
    return camera.resized(max(1, round(camera.w * scale)), max(1, round(camera.h * scale)))


def cropped_camera(camera: Pinhole, left: int, top: int, w: int, h: int) -> Pinhole:
    """The camera of a window of the image: the same rays, fewer of them."""
    return Pinhole(camera.fl_x, camera.fl_y, camera.cx - left, camera.cy - top, w, h)
