"""The network that looks at a query and its reference side by side."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.anomaly.learned.evidence import CHANNELS

STRIDE = 16
"""Sides of an image are padded to a multiple of it."""


class Comparator(nn.Module):
    """A small U-Net at half the resolution; about a quarter of a million parameters.

    Example:
        >>> logits = Comparator()(evidence(query, normal, accumulation))
    """

    def __init__(self, widths: tuple[int, ...] = (24, 32, 48, 64)) -> None:
        """Set up with random weights; `widths` are the channels of each level, from fine to coarse."""
        super().__init__()
        inputs = (4 * CHANNELS, *widths[:-1])
        self.down = nn.ModuleList(_block(a, b) for a, b in zip(inputs, widths, strict=True))
        pairs = zip(widths[:0:-1], widths[-2::-1], strict=True)
        self.up = nn.ModuleList(_block(deep + fine, fine) for deep, fine in pairs)
        self.head = nn.Conv2d(widths[0], 4, 1)

    def forward(self, maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b h w"]:
        """Logit of every pixel to belong to a defect."""
        h, w = maps.shape[-2:]
        padded = functional.pad(maps, (0, -w % STRIDE, 0, -h % STRIDE), mode="replicate")
        x = functional.pixel_unshuffle(padded, 2)
        seen: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if level else x)
            seen.append(x)
        for block, fine in zip(self.up, seen[-2::-1], strict=True):
            x = block(torch.cat([functional.interpolate(x, scale_factor=2.0, mode="bilinear"), fine], dim=1))
        return functional.pixel_shuffle(self.head(x), 2)[:, 0, :h, :w]


def _block(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (channels_in, channels_out):
        convolution = nn.Conv2d(channels, channels_out, 3, padding=1, padding_mode="replicate", bias=False)
        layers += [convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
