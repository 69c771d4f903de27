"""Labels for boxes that were found, from those that the data name."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.odd_one_out.box_iou import box_iou, matched_boxes

LEAST_OVERLAP = 0.2
"""Intersection over union of boxes that belong together. Low, as the given box of a turned scene is loose."""


def labels_of_boxes(
    found: Float[Tensor, "n 2 3"], true: Float[Tensor, "m 2 3"], labels: Int[Tensor, " m"]
) -> Int[Tensor, " n"]:
    """The label of each box that was found; -1 where it fits no true box, or one without a label.

    Args:
        found: boxes
        true: boxes of the objects, NaN where unknown
        labels: of the objects, -1 where unknown
    """
    result = labels.new_full((len(found),), -1)
    known = true.isfinite().flatten(1).all(dim=1).nonzero()[:, 0]
    if len(found) == 0 or len(known) == 0:
        return result
    overlap = box_iou(found.detach().double().cpu().numpy(), true[known].double().cpu().numpy())
    for i, j in matched_boxes(overlap):
        if overlap[i, j] >= LEAST_OVERLAP:
            result[i] = labels[known[j]]
    return result


def with_missed_boxes(found: Float[Tensor, "n 2 3"], true: Float[Tensor, "m 2 3"]) -> Float[Tensor, "k 2 3"]:
    """Boxes that were found and belong to a true one, and the true boxes that none was found for."""
    known = true[true.isfinite().flatten(1).all(dim=1)]
    own = torch.arange(len(known), device=known.device)
    owner = labels_of_boxes(found, known, own)
    missed = ~torch.isin(own, owner)
    return torch.cat([found[owner >= 0], known[missed].to(found)])
