"""VGG16 after its second, third and fourth max pooling: 128, 256 and 512 channels."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pad_nerfstudio.features.extractor import of_each
from pad_nerfstudio.features.filters import resized
from pad_nerfstudio.features.imagenet import imagenet_normalised
from pad_nerfstudio.features.weights import fill, pretrained_state

LAST = 24
"""Layers up to the fourth pooling."""


class Vgg16:
    """Three layers at 128 x 128 input (PAD, supplementary, table 1; the channel counts printed there are sizes)."""

    side = 128

    def __init__(self, weights: Path | None = None) -> None:
        """Load the network.

        Args:
            weights: a state dict with the key names of timm or torchvision

        Raises:
            UserError: there are no weights, or other ones
        """
        import timm

        self.network = nn.Module()
        self.network.features = timm.create_model("vgg16", pretrained=False).features[:LAST]

        def cached() -> dict[str, Tensor]:
            return timm.create_model("vgg16", pretrained=True).state_dict()

        fill(self.network, pretrained_state("vgg16", weights, cached), "vgg16", weights)

    @torch.no_grad()
    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Tensor]:
        """Maps of 128 x 32 x 32, 256 x 16 x 16 and 512 x 8 x 8."""
        maps, found, pools = imagenet_normalised(resized(images, self.side, self.side)), [], 0
        maps = maps.reshape(-1, *maps.shape[-3:])
        for layer in self.network.features:  # type: ignore[union-attr]
            maps = layer(maps)
            if isinstance(layer, nn.MaxPool2d):
                pools += 1
                found += [maps] if pools >= 2 else []
        return of_each(found, images)
