"""The learnt comparison, and its weights."""

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
from pad_nerfstudio.models.rendering import Rendering

SHIPPED = Path(__file__).with_name("comparator.safetensors")
"""Weights trained on toys grown at random; `ns-pad-learn` made them."""
SMOOTHING = 1.0
"""Standard deviation of the final smoothing, in pixels."""


@torch.no_grad()
def logits(
    network: Comparator, query: Float[Tensor, "h w 3"], reference: Rendering, alternatives: Float[Tensor, "k h w 3"]
) -> Float[Tensor, "h w"]:
    """Logit of every pixel to belong to a defect; see `Comparison` for the arguments."""
    normal = torch.cat([reference.rgb[None], alternatives]).permute(0, 3, 1, 2)
    return network(evidence(query.permute(2, 0, 1)[None], normal[None], reference.accumulation[None]))[0]


@dataclass(frozen=True, eq=False)
class LearnedComparison:
    """A comparison by the network alone; satisfies `Comparison`."""

    network: Comparator
    """Trained."""

    def __call__(
        self, query: Float[Tensor, "h w 3"], reference: Rendering, alternatives: Float[Tensor, "k h w 3"]
    ) -> Float[Tensor, "h w"]:
        """The network's logit, bent to be positive and smoothed.

        Args:
            query: colours in [0, 1]
            reference: the normal object seen by the query's camera, same size
            alternatives: other colours that the reference may have
        """
        bent = functional.softplus(logits(self.network, query, reference, alternatives))
        return gaussian_blur(bent[None], SMOOTHING)[0]


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
