"""The 2-D network that all views share: a backbone of timm with a feature pyramid."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.features.imagenet import STD, imagenet_normalised

Norm = Literal["batch", "group"]
"""Over what a backbone normalises: a batch, as pretrained ones do, or groups of channels of one image, so that in a
batch of one scene its light and floor do not become the measure of all things."""
COLORS = 3
"""Channels of an image."""
GROUPS = 8
"""Of channels, normalised together."""


class ImageEncoder(nn.Module):
    """Images to one feature map each, at the stride of the first level.

    A pyramid (Lin et al., "Feature Pyramid Networks", 2017): levels are brought to one number of channels, added from
    coarse to fine, and smoothed once at the finest.
    """

    def __init__(
        self,
        backbone: str,
        levels: Sequence[int],
        width: int,
        channels: int,
        norm: Norm = "batch",
        cues: int = 0,
    ) -> None:
        """Set up with random weights.

        Args:
            backbone: name of a network of timm that gives feature maps
            levels: numbers of its maps: 1 has stride 4 in residual networks, each further one twice that
            width: channels of the pyramid
            channels: channels of the result
            norm: see `Norm`; `group` for residual networks
            cues: channels that it sees beside the colours, at first with weight 0
        """
        super().__init__()
        import timm

        make: Any = timm.create_model
        own = {"norm_layer": _group_norm} if norm == "group" else {}
        own |= {"in_chans": COLORS + cues} if cues else {}
        self.backbone: Any = make(backbone, pretrained=False, features_only=True, out_indices=tuple(levels), **own)
        first = self.backbone.get_parameter(self.first_weight())
        with torch.no_grad():
            first[:, COLORS:] = 0.0
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in self.backbone.feature_info.channels())
        self.smooth = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, channels, 1)

    def first_weight(self) -> str:
        """Name of the backbone's parameter that sees the image."""
        named = self.backbone.named_modules()
        return next(f"{name}.weight" for name, module in named if isinstance(module, nn.Conv2d))

    def forward(
        self, images: Float[Tensor, "n 3 h w"], cues: Float[Tensor, "n more h w"] | None = None
    ) -> Float[Tensor, "n c a b"]:
        """Feature maps.

        Args:
            images: colours in [0, 1]
            cues: what it sees beside them, differences of such colours
        """
        maps = self.backbone(with_cues(images, cues).contiguous(memory_format=torch.channels_last))
        *finer, pyramid = (lateral(level) for lateral, level in zip(self.lateral, maps, strict=True))
        for level in reversed(finer):
            pyramid = level + functional.interpolate(pyramid, level.shape[-2:], mode="nearest")
        return self.out(functional.relu(self.smooth(pyramid)))


def with_cues(
    images: Float[Tensor, "n 3 h w"], cues: Float[Tensor, "n more h w"] | None
) -> Float[Tensor, "n channels h w"]:
    """Colours, and cues beside them, on the scale that networks pretrained on ImageNet know."""
    colors = imagenet_normalised(images)
    return colors if cues is None else torch.cat([colors, cues / STD.mean().to(images)], dim=1)


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(GROUPS, channels)
