"""References as a query would show them: in its light, before what stands behind its object."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization.lighting import UNCHANGED, Light, relit
from pad_nerfstudio.localization.silhouette import Backdrop, backdrop, differs

BackgroundKind = Literal["as trained", "other", "unknown"]
"""What stands behind the object of a query: the same as in the training photos, something else that its border tells,
or something that nothing tells."""


@dataclass(frozen=True, eq=False)
class QueryBackground:
    """What stands behind the object of a query."""

    kind: BackgroundKind
    """How it is known."""
    colour: Backdrop | None
    """In [0, 1]; None where it is unknown."""


def background_of(query: Float[Tensor, "h w 3"], expected: Float[Tensor, "3"], plain: bool = True) -> QueryBackground:
    """What a query's border tells of its background.

    Args:
        query: colour in [0, 1]
        expected: behind the object in training
        plain: whether that was plain; if not, nothing is said of a query without a plain one
    """
    colour = backdrop(query)
    if not plain:
        return QueryBackground("as trained", colour)
    if colour is None:
        return QueryBackground("unknown", None)
    return QueryBackground("other" if differs(colour, expected) else "as trained", colour)


def as_query_shows(
    colors: Float[Tensor, "k h w 3"],
    accumulation: Float[Tensor, "h w"],
    light: Light,
    expected: Float[Tensor, "3"],
    query: Float[Tensor, "h w 3"],
    background: QueryBackground,
) -> Float[Tensor, "k h w 3"]:
    """What a query would show of the normal object; the colours themselves where nothing differs from training.

    Where its background is unknown, the query itself stands behind the object: what lies beside it cannot differ.

    Args:
        colors: the reference and what nearby photos say of it, in [0, 1]
        accumulation: opacity of the reference in [0, 1]
        light: the query's
        expected: colour behind the object in training
        query: colours in [0, 1]
        background: what stands behind the query's object
    """
    if light is UNCHANGED and background.kind == "as trained":
        return colors
    if light is not UNCHANGED:
        colors = torch.stack([relit(rgb, light.gain, light.bias, accumulation, expected) for rgb in colors])
    behind = query if background.kind == "unknown" else background.colour
    if behind is None:
        return colors
    return (colors + (1.0 - accumulation)[..., None] * (behind - expected).to(colors)).clamp(0.0, 1.0)
