"""The 2-D network that all views share: a backbone of timm with a feature pyramid."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.features.imagenet import MEAN, STD

Norm = Literal["batch", "group"]
"""Over what a backbone normalises: a batch, as pretrained ones do, or groups of channels of one image, so that in a
batch of one scene its light and floor do not become the measure of all things."""
GROUPS = 8
"""Of channels, normalised together."""


class ImageEncoder(nn.Module):
    """Images to one feature map each, at the stride of the first level.

    A pyramid (Lin et al., "Feature Pyramid Networks", 2017): levels are brought to one number of channels, added from
    coarse to fine, and smoothed once at the finest.
    """

    def __init__(self, backbone: str, levels: Sequence[int], width: int, channels: int, norm: Norm = "batch") -> None:
        """Set up with random weights.

        Args:
            backbone: name of a network of timm that gives feature maps
            levels: numbers of its maps: 1 has stride 4 in residual networks, each further one twice that
            width: channels of the pyramid
            channels: channels of the result
            norm: see `Norm`; `group` for residual networks
        """
        super().__init__()
        import timm

        make: Any = timm.create_model
        own = {"norm_layer": _group_norm} if norm == "group" else {}
        self.backbone: Any = make(backbone, pretrained=False, features_only=True, out_indices=tuple(levels), **own)
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in self.backbone.feature_info.channels())
        self.smooth = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, channels, 1)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c a b"]:
        """Feature maps of images with colours in [0, 1]."""
        normalised = (images - MEAN.to(images)) / STD.to(images)
        maps = self.backbone(normalised.contiguous(memory_format=torch.channels_last))
        *finer, pyramid = (lateral(level) for lateral, level in zip(self.lateral, maps, strict=True))
        for level in reversed(finer):
            pyramid = level + functional.interpolate(pyramid, level.shape[-2:], mode="nearest")
        return self.out(functional.relu(self.smooth(pyramid)))


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(GROUPS, channels)
