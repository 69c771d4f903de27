"""The one interface of everything that turns an image into feature maps."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class FeatureExtractor(Protocol):
    """Image -> list of feature maps, fine to coarse."""

    def __call__(self, image: Float[Tensor, "3 h w"]) -> list[Tensor]:
        """Maps of shape (channels, height, width); each has channels and a size of its own.

        Args:
            image: colours in [0, 1]; brought to the size that the extractor works at
        """
        ...
