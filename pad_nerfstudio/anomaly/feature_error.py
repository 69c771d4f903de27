"""How the feature maps of a query and of its reference differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.anomaly.retinex import reflectance
from pad_nerfstudio.anomaly.squared_error import PUBLISHED_SIDE, PUBLISHED_SIGMA
from pad_nerfstudio.features.extractor import FeatureExtractor
from pad_nerfstudio.features.filters import gaussian_blur, resized
from pad_nerfstudio.models.rendering import Renderings


def layer_error(
    ours: Float[Tensor, "*batch c h w"], theirs: Float[Tensor, "*batch c h w"], shift: int
) -> Float[Tensor, "*batch h w"]:
    """Mean over channels of the squared difference; the least over shifts of `theirs` by up to `shift` places."""
    if not shift:
        return (ours - theirs).square().mean(dim=-3)
    h, w = ours.shape[-2:]
    padded = functional.pad(theirs.reshape(-1, *theirs.shape[-3:]), (shift,) * 4, mode="replicate")
    padded = padded.reshape(*theirs.shape[:-2], *padded.shape[-2:])
    places = range(2 * shift + 1)
    shifted = [(ours - padded[..., y : y + h, x : x + w]).square().mean(dim=-3) for y in places for x in places]
    return torch.stack(shifted).amin(dim=0)


def summed_layers(
    ours: Sequence[Tensor], theirs: Sequence[Tensor], side: int, shift: int
) -> Float[Tensor, "*batch side side"]:
    """Errors of all layers, brought to one size and added: what the authors' code of OmniposeAD does."""
    layers = [layer_error(a, b, shift) for a, b in zip(ours, theirs, strict=True)]
    return torch.stack([resized(layer, side, side) for layer in layers]).sum(dim=0)


def product_of_layers(
    pairs: Sequence[tuple[Sequence[Tensor], Sequence[Tensor]]], side: int, shift: int
) -> Float[Tensor, "*batch side side"]:
    """Errors of each layer multiplied over the pairs of images, brought to one size and added, as PIAD's code does.

    Args:
        pairs: the layers of a query and of its reference, for every version of the two images
        side: of the result
        shift: see `layer_error`
    """
    layers = []
    for versions in zip(*(zip(ours, theirs, strict=True) for ours, theirs in pairs), strict=True):
        errors = torch.stack([layer_error(a, b, shift) for a, b in versions])
        layers.append(resized(errors.prod(dim=0), side, side))
    return torch.stack(layers).sum(dim=0)


def stacked_norm(
    ours: Sequence[Tensor], theirs: Sequence[Tensor], side: int, shift: int
) -> Float[Tensor, "*batch side side"]:
    """L2 norm of the difference of all layers stacked at one size: PAD, section 4.2, as the paper has it."""
    stack, other = (torch.cat([resized(layer, side, side) for layer in layers], dim=-3) for layers in (ours, theirs))
    return (layer_error(stack, other, shift) * stack.shape[-3]).sqrt()


@dataclass(frozen=True)
class FeatureError:
    """A comparison by features; satisfies `Comparison`."""

    extractor: FeatureExtractor
    """What turns both images into maps."""
    how: Literal["layers", "stacked", "product"] = "layers"
    """`layers`: `summed_layers`; `stacked`: `stacked_norm`; `product`: `product_of_layers` of the images and of their
    reflectances, the two cues of PIAD (Yang et al., "PIAD: Pose and Illumination agnostic Anomaly Detection", CVPR
    2025), whose reflectances come from a trained network where these come from `reflectance`."""
    shift: int = 0
    """Least error over shifts of up to so many places of each layer; 0 compares place by place, as published."""

    def __call__(
        self, query: Float[Tensor, "*batch h w 3"], reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]
    ) -> Float[Tensor, "*batch h w"]:
        """The error at 224 x 224, smoothed with sigma 4 as published, at the query's resolution.

        Args:
            query: colours in [0, 1]
            reference: the normal object seen by the query's camera, same size
            alternatives: not used, as published
        """
        pair = [rgb.movedim(-1, -3) for rgb in (query, reference.rgb)]
        if self.how == "product":
            versions = [pair, [reflectance(image) for image in pair]]
            layers = [(self.extractor(ours), self.extractor(theirs)) for ours, theirs in versions]
            error = product_of_layers(layers, PUBLISHED_SIDE, self.shift)
        else:
            compare = stacked_norm if self.how == "stacked" else summed_layers
            ours, theirs = (self.extractor(image) for image in pair)
            error = compare(ours, theirs, PUBLISHED_SIDE, self.shift)
        return resized(gaussian_blur(error, PUBLISHED_SIGMA), *query.shape[-3:-1])
