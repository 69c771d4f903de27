"""EfficientNet-B4 after its five stages, and the grey image: 24 + 32 + 56 + 160 + 448 + 1 = 721 channels."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.extractor import of_each
from pad_nerfstudio.features.filters import resized
from pad_nerfstudio.features.imagenet import imagenet_normalised
from pad_nerfstudio.features.weights import fill, pretrained_state

BLOCKS_PER_STAGE = (2, 4, 4, 6, 6, 8, 2)
SEPARABLE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
INVERTED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
"""Names of the layers of a block in efficientnet_pytorch -> in timm; blocks of the first stage are not expanded."""


def timm_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of efficientnet_pytorch with the key names of timm; keys that it has not are left out."""
    starts = [sum(BLOCKS_PER_STAGE[:stage]) for stage in range(len(BLOCKS_PER_STAGE))]
    renamed = {}
    for key, value in state.items():
        if match := re.match(r"_(conv_stem|bn0)\.(.+)", key):
            renamed[f"{'bn1' if match[1] == 'bn0' else match[1]}.{match[2]}"] = value
        elif match := re.match(r"_blocks\.(\d+)\.(_[a-z0-9_]+)\.(.+)", key):
            block = int(match[1])
            stage = max(s for s, start in enumerate(starts) if start <= block)
            layer = (INVERTED if stage else SEPARABLE)[match[2]]
            renamed[f"blocks.{stage}.{block - starts[stage]}.{layer}.{match[3]}"] = value
    return renamed


class EfficientNetB4:
    """OmniposeAD's features at 224 x 224 (PAD, section 4.2, and its supplementary, "Backbone")."""

    side = 224

    def __init__(self, weights: Path | None = None, asked_by: str = "--extractor") -> None:
        """Load the network.

        Args:
            weights: a state dict with the key names of timm or of efficientnet_pytorch (which the authors used; it pads
                as TensorFlow does, and so does the network then)
            asked_by: the option that names this network, for messages

        Raises:
            UserError: there are no weights, or other ones
        """
        import timm

        def cached() -> dict[str, Tensor]:
            return timm.create_model("efficientnet_b4", pretrained=True).state_dict()

        state = pretrained_state("efficientnet_b4", weights, cached, asked_by)
        as_tensorflow = "_conv_stem.weight" in state
        kind = "tf_efficientnet_b4" if as_tensorflow else "efficientnet_b4"
        self.network = timm.create_model(kind, pretrained=False, features_only=True)
        fill(self.network, timm_names(state) if as_tensorflow else state, "efficientnet_b4", weights)

    @torch.no_grad()
    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Tensor]:
        """Maps of 24, 32, 56, 160 and 448 channels at a half to a thirty-second of the side, then the grey image."""
        small = resized(images, self.side, self.side)
        layers = self.network(imagenet_normalised(small).reshape(-1, *small.shape[-3:]))
        return [*of_each(layers, images), small.mean(dim=-3, keepdim=True)]
