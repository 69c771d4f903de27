"""The 3-D network that refines back-projected features: an encoder-decoder of four scales."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 8
"""Of channels, normalised together."""


class VolumeNetwork(nn.Module):
    """Residual blocks at each scale, halved by strides and brought back by interpolation, scales joined by sums.

    After Murez et al., "Atlas" (2020), as Bhunia et al. use it (section 4.2). Normalised in groups of channels, so that
    what it makes of a scene depends on no other scene of the batch.
    """

    def __init__(self, widths: Sequence[int], down: Sequence[int], up: Sequence[int]) -> None:
        """Set up with random weights.

        Args:
            widths: channels of each scale, from fine to coarse; the first are those of the volume
            down: residual blocks of each scale on the way down
            up: residual blocks of each scale but the coarsest on the way up, from coarse to fine
        """
        super().__init__()
        self.down = nn.ModuleList(_blocks(width, count) for width, count in zip(widths, down, strict=True))
        steps = list(zip(widths[:-1], widths[1:], strict=True))
        self.shrink = nn.ModuleList(nn.Conv3d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in steps)
        self.widen = nn.ModuleList(nn.Conv3d(coarse, fine, 1) for fine, coarse in reversed(steps))
        self.up = nn.ModuleList(_blocks(fine, count) for (fine, _), count in zip(reversed(steps), up, strict=True))

    def forward(self, volume: Float[Tensor, "b c x y z"]) -> Float[Tensor, "b c x y z"]:
        """The refined volume, of the same shape."""
        # the layout in which convolutions on a CPU take half the time
        x = volume.contiguous(memory_format=torch.channels_last_3d)
        seen: list[Tensor] = []
        for level, blocks in enumerate(self.down):
            x = blocks(self.shrink[level - 1](x) if level else x)
            seen.append(x)
        for widen, blocks, fine in zip(self.widen, self.up, seen[-2::-1], strict=True):
            x = functional.interpolate(widen(x), fine.shape[-3:], mode="trilinear", align_corners=False)
            x = blocks(x + fine)
        return x


class ResidualBlock(nn.Module):
    """Two 3x3x3 convolutions beside a short cut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv3d(width, width, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, width))
        self.second = nn.Sequential(nn.Conv3d(width, width, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, width))

    def forward(self, x: Float[Tensor, "b c x y z"]) -> Float[Tensor, "b c x y z"]:
        """The same shape."""
        return functional.relu(x + self.second(functional.relu(self.first(x))))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))
