"""Where the field shows a surface that the photos do not vouch for."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.features.filters import dilated
from pad_nerfstudio.models.rendering import Rendering

WITNESSES = 2
"""Nearby photos that must see a surface for it to count as confirmed; all of them where there are fewer."""


def unconfirmed(reference: Rendering, alternatives: Float[Tensor, "k h w 3"]) -> Bool[Tensor, "h w"]:
    """Pixels of the object whose surface fewer than `WITNESSES` nearby photos see, and the pixels beside them.

    In a gap that no training photo looks through, a field may hold anything: every photo is explained by what lies
    before and behind. Seen along the gap it shows a surface there that no photo near the query has.

    Args:
        reference: the normal object seen by the query's camera
        alternatives: the reference as each photo corrects it, unchanged to the last bit where that photo does not see
            the surface; without any, nothing is doubted
    """
    needed = min(WITNESSES, len(alternatives))
    seen = (alternatives != reference.rgb).any(dim=-1).sum(dim=0)
    doubted = (seen < needed) & (reference.accumulation > 0.5)
    return dilated(doubted[None].float(), 1)[0] > 0
