"""The learnt comparison, and its weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.anomaly.learned.evidence import evidence
from pad_nerfstudio.anomaly.learned.network import Comparator
from pad_nerfstudio.features.filters import gaussian_blur
from pad_nerfstudio.features.weights import fill, read_weights
from pad_nerfstudio.files import written_aside
from pad_nerfstudio.models.rendering import Renderings

SHIPPED = Path(__file__).with_name("comparator.safetensors")
"""Weights trained on toys grown at random; `ns-pad-learn` made them."""
SMOOTHING = 1.0
"""Standard deviation of the final smoothing, in pixels."""


@torch.no_grad()
def logits(
    network: Callable[[Tensor], Tensor],
    query: Float[Tensor, "*batch h w 3"],
    reference: Renderings,
    alternatives: Float[Tensor, "*batch k h w 3"],
) -> Float[Tensor, "*batch h w"]:
    """Logit of every pixel to belong to a defect; see `Comparison` for the arguments."""
    normal = torch.cat([reference.rgb.unsqueeze(-4), alternatives], dim=-4).movedim(-1, -3)
    images, opacity = query.movedim(-1, -3), reference.accumulation
    maps = evidence(*(part.reshape(-1, *part.shape[-n:]) for part, n in ((images, 3), (normal, 4), (opacity, 2))))
    return network(maps).reshape(opacity.shape)


@dataclass(frozen=True, eq=False)
class LearnedComparison:
    """A comparison by the network alone; satisfies `Comparison`."""

    network: Callable[[Tensor], Tensor]
    """A trained `Comparator`."""

    def __call__(
        self, query: Float[Tensor, "*batch h w 3"], reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]
    ) -> Float[Tensor, "*batch h w"]:
        """The network's logit, bent to be positive and smoothed.

        Args:
            query: colours in [0, 1]
            reference: the normal object seen by the query's camera, same size
            alternatives: other colours that the reference may have
        """
        bent = functional.softplus(logits(self.network, query, reference, alternatives))
        return gaussian_blur(bent, SMOOTHING)


def read_comparator(path: Path = SHIPPED) -> Comparator:
    """A trained network.

    Raises:
        UserError: there is no such file, or it holds something else
    """
    network = Comparator()
    fill(network, read_weights(path), "learned", path)
    return network


def write_comparator(path: Path, network: Comparator, made_by: dict[str, str]) -> None:
    """Write a network's weights (.safetensors, 16 bits a weight) with what made them in the file's metadata."""
    from safetensors.torch import save_file

    state = {key: value.half() if value.is_floating_point() else value for key, value in network.state_dict().items()}
    with written_aside(path) as aside:
        save_file(state, aside, metadata=made_by)
