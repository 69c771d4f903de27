"""The one interface of everything that turns images into feature maps."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class FeatureExtractor(Protocol):
    """Image, or several of one size -> list of feature maps, fine to coarse."""

    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Tensor]:
        """Maps of shape (*batch, channels, height, width); each has channels and a size of its own.

        Args:
            images: colours in [0, 1]; brought to the size that the extractor works at
        """
        ...


def of_each(layers: Sequence[Float[Tensor, "_n _c _a _b"]], images: Float[Tensor, "*batch 3 h w"]) -> list[Tensor]:
    """A network's maps of all images in the shape of their stack; of one image alone without it."""
    return [layer.reshape(*images.shape[:-3], *layer.shape[1:]) for layer in layers]
