"""The normalisation that networks pretrained on ImageNet expect."""

import torch
from jaxtyping import Float
from torch import Tensor

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def imagenet_normalised(images: Float[Tensor, "*batch 3 h w"]) -> Float[Tensor, "*batch 3 h w"]:
    """Colours in [0, 1] with the mean of ImageNet taken away, over its standard deviation."""
    return (images - MEAN.to(images)) / STD.to(images)
