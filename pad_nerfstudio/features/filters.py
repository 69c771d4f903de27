"""Small image filters on maps, alone or in stacks of any shape, channels first, edges repeated."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def gaussian_blur(maps: Float[Tensor, "*batch h w"], sigma: float) -> Float[Tensor, "*batch h w"]:
    """Gaussian smoothing with a standard deviation of `sigma` pixels, cut off at four; none for `sigma` 0."""
    if sigma <= 0:
        return maps
    radius = max(1, math.ceil(4.0 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=maps.dtype, device=maps.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    stack = maps.reshape(-1, 1, *maps.shape[-2:])
    stack = functional.conv2d(functional.pad(stack, (radius, radius, 0, 0), mode="replicate"), kernel)
    padded = functional.pad(stack, (0, 0, radius, radius), mode="replicate")
    return functional.conv2d(padded, kernel.transpose(2, 3)).reshape(maps.shape)


def dilated(maps: Float[Tensor, "*batch h w"], radius: int) -> Float[Tensor, "*batch h w"]:
    """Maximum over a square window of `2 * radius + 1` pixels."""
    if not radius:
        return maps
    padded = functional.pad(maps, (radius,) * 4, value=-math.inf)
    return _running_maximum(_running_maximum(padded, 2 * radius + 1, dim=-1), 2 * radius + 1, dim=-2)


def _running_maximum(maps: Float[Tensor, "*batch h1 w1"], side: int, dim: int) -> Float[Tensor, "*batch h2 w2"]:
    """Maximum over `side` neighbours along `dim`, where all of them exist.

    Windows are doubled while they fit, two that overlap make the last: pooling looks at every pixel of every window and
    takes ten times as long.
    """
    width = 1
    while width < side:
        shift = min(width, side - width)
        length = maps.shape[dim] - shift
        maps = torch.maximum(maps.narrow(dim, 0, length), maps.narrow(dim, shift, length))
        width += shift
    return maps


def eroded(maps: Float[Tensor, "*batch h w"], radius: int) -> Float[Tensor, "*batch h w"]:
    """Minimum over a square window of `2 * radius + 1` pixels."""
    return -dilated(-maps, radius)


def gradient(maps: Float[Tensor, "*batch h w"]) -> tuple[Float[Tensor, "*batch h w"], Float[Tensor, "*batch h w"]]:
    """Central differences along x and y, per pixel."""
    padded = functional.pad(maps.reshape(-1, *maps.shape[-2:]), (1, 1, 1, 1), mode="replicate")
    along_x = 0.5 * (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2])
    along_y = 0.5 * (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1])
    return along_x.reshape(maps.shape), along_y.reshape(maps.shape)


def resized(maps: Float[Tensor, "*batch h1 w1"], h: int, w: int) -> Float[Tensor, "*batch h2 w2"]:
    """Bilinear resizing to `h` x `w`, averaging where it shrinks."""
    if maps.shape[-2:] == (h, w):
        return maps
    stack = maps.reshape(1, -1, *maps.shape[-2:])
    stack = functional.interpolate(stack, (h, w), mode="bilinear", antialias=True, align_corners=False)
    return stack.reshape(*maps.shape[:-2], h, w)
