"""One vector for a whole image, to find the training view that looks most like a query."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.features.extractor import FeatureExtractor
from pad_nerfstudio.localization.image_pyramid import resize

SMALL = 32
"""Side of the image that `image_descriptor` keeps, in pixels."""


def image_descriptor(image: Float[Tensor, "h w 3"]) -> Float[Tensor, " n"]:
    """The image itself, small, without its mean colour and of length one: a cosine is a normalised correlation."""
    small = resize(image, SMALL, SMALL)
    return functional.normalize((small - small.mean((0, 1))).flatten(), dim=0)


@dataclass(frozen=True, eq=False)
class PooledFeatures:
    """Feature maps averaged over the image, every layer of length one, all layers of equal weight.

    PAD (section 4.2; supplementary, "Backbone") retrieves by the features of EfficientNet-B4 and leaves open how they
    become one vector; the mean over places (global average pooling) is what image retrieval commonly begins with.
    """

    extractor: FeatureExtractor
    """Gives the maps."""

    def __call__(self, image: Float[Tensor, "h w 3"]) -> Float[Tensor, " n"]:
        """Describe an image with colour in [0, 1]."""
        layers = self.extractor(image.permute(2, 0, 1))
        pooled = torch.cat([functional.normalize(layer.mean((1, 2)), dim=0) for layer in layers])
        return functional.normalize(pooled, dim=0)
