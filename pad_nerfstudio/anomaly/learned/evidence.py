"""What the network is shown of a query and its reference."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.features.filters import dilated, eroded

CHANNELS = 18
"""Query (3), query minus reference (3), query minus the mean of all normal colours (3), signed distance outside their
range (3), width of that range (3), accumulation (1), noise (1), share of the other colours that are not the
reference's (1)."""
LEAST_NOISE = 0.0025
"""Noise that no field goes below, in L*a*b* over 100."""
SAME = 0.5 / 255.0
"""A colour this close to the reference's is the reference's: the photo it is from does not see the surface there."""
LARGEST = 10.0
"""Differences are cut off here."""


def evidence(
    query: Float[Tensor, "b 3 h w"], normal: Float[Tensor, "b k 3 h w"], accumulation: Float[Tensor, "b h w"]
) -> Float[Tensor, "b c h w"]:
    """Stack what tells a defect from the errors of a rendering.

    Differences are given in units of the image's own noise, the median difference over the object: what is a defect on
    a plain grey toy is less than the grain of a dark one, and neither a defect nor an edge moves a median.

    Args:
        query: colours in [0, 1]
        normal: the reference first, then other colours that the normal object may have there
        accumulation: opacity of the reference in [0, 1]

    Returns:
        `CHANNELS` maps
    """
    ours = _lab(query)
    theirs = _lab(normal)
    above = dilated(theirs.amax(dim=1).flatten(0, 1), 1).view_as(ours)
    below = eroded(theirs.amin(dim=1).flatten(0, 1), 1).view_as(ours)
    outside = (ours - above).clamp_min(0.0) - (below - ours).clamp_min(0.0)
    off_reference = ours - theirs[:, 0]
    noise = (LEAST_NOISE + _median_over_object(off_reference.norm(dim=1), accumulation))[:, None, None, None]
    differences = [off_reference, ours - theirs.mean(dim=1), outside, above - below]
    scaled = [(0.2 * d / noise).clamp(-LARGEST, LARGEST) for d in differences]
    single = [accumulation, (10.0 * noise[:, 0]).expand_as(accumulation), _witnesses(normal)]
    return torch.cat([ours, *scaled, torch.stack(single, dim=1)], dim=1)


def _witnesses(normal: Float[Tensor, "b k 3 h w"]) -> Float[Tensor, "b h w"]:
    """Share of the other colours that say something of their own; 0 without any."""
    if normal.shape[1] == 1:
        return torch.zeros_like(normal[:, 0, 0])
    return ((normal[:, 1:] - normal[:, :1]).abs().amax(dim=2) > SAME).float().mean(dim=1)


def _median_over_object(values: Float[Tensor, "b h w"], accumulation: Float[Tensor, "b h w"]) -> Float[Tensor, " b"]:
    """Median over the pixels that the object fills; 0 where there are none."""
    inside = torch.where(accumulation > 0.9, values, torch.nan)
    return inside.flatten(1).nanmedian(dim=1).values.nan_to_num(0.0)


def _lab(rgb: Float[Tensor, "*batch 3 h w"]) -> Float[Tensor, "*batch 3 h w"]:
    return srgb_to_lab(rgb.movedim(-3, -1)).movedim(-1, -3) / 100.0
