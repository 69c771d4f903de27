"""No features: the colours themselves."""

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.filters import resized


class Pixels:
    """The paper's vanilla: the image at 224 x 224 (Zhou et al., PAD, NeurIPS 2023, supplementary, table 1)."""

    side = 224

    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Float[Tensor, "*batch 3 side side"]]:
        """The images themselves."""
        return [resized(images, self.side, self.side)]
