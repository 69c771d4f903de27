"""What is read off the features of single voxels: colour, density, and the feature field."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

EMPTY_AT_START = -3.0
"""Density before the softplus at the start of training: 0.05, a haze through which all voxels get gradients."""


class VoxelHead(nn.Module):
    """Convolutions of 1x1x1: one small network for every voxel on its own.

    Two layers make the colours and the density of Bhunia et al., section 3.2, four its projector to the feature field.
    """

    def __init__(self, channels: int, hidden: int, out: int, layers: int, bias: float = 0.0) -> None:
        """Set up with random weights; `bias` is that of the last layer."""
        super().__init__()
        widths = [channels, *[hidden] * (layers - 1), out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:], strict=False))
        last: Any = self.layers[-1]
        nn.init.constant_(last.bias, bias)

    def forward(self, features: Float[Tensor, "*b channels"]) -> Float[Tensor, "*b out"]:
        """Raw values of voxels, channels last."""
        for layer in self.layers[:-1]:
            features = functional.leaky_relu(layer(features))
        return self.layers[-1](features)


def density_of(raw: Float[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """Density per length of a voxel: 0.2, the threshold of Bhunia et al., takes 18 percent of the light."""
    return functional.softplus(raw)


def color_of(raw: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3"]:
    """RGB in [0, 1]."""
    return torch.sigmoid(raw)
