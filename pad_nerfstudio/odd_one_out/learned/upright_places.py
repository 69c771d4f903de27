"""Where objects are read that are to be laid upon each other: upright, and all at one scale."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.roi_pooling import ObjectPlaces

WIDER, HIGHER = 1.1, 1.15
"""Than the usual object: what a bump or a moved part adds is looked at as well."""
MARGIN = 0.012
"""World units around an object's box that still belong to it."""


def upright_places(boxes: Float[Tensor, "n 2 3"], size: int) -> ObjectPlaces:
    """Upright blocks of one size around the middles of boxes, from the floor up.

    So wide that the usual object (the median) may be turned about the vertical within. Boxes that are each stretched
    to a cube, as `roi_places` reads them, have the turn of an object and what it lacks in their scale.
    """
    extents = boxes[:, 1] - boxes[:, 0]
    half = WIDER * extents[:, :2].norm(dim=1).median() / 2
    height = HIGHER * extents[:, 2].median()
    middles = (torch.arange(size).to(boxes) + 0.5) / size
    across = half * (2 * middles - 1)
    block = torch.stack(torch.meshgrid(across, across, height * middles, indexing="ij"), dim=-1)
    foot = torch.cat([boxes[:, :, :2].mean(dim=1), boxes[:, 0, 2].median().expand(len(boxes), 1)], dim=1)
    points = block + foot[:, None, None, None]
    least, greatest = (boxes[:, end, None, None, None] for end in (0, 1))
    return ObjectPlaces(points, ((points >= least - MARGIN) & (points <= greatest + MARGIN)).all(dim=-1))
