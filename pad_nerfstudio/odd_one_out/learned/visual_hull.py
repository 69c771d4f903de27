"""What masks say of voxels: those that project into the mask of every view that sees them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import NEAREST, projection_matrices
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid

FEWEST_VIEWS = 2
"""That see a point of the hull."""


def in_visual_hull(points: Float[Tensor, "n 3"], views: SceneViews, masks: Bool[Tensor, "v h w"]) -> Bool[Tensor, " n"]:
    """Whether points lie in the visual hull (Laurentini, "The visual hull concept", 1994) of masks.

    Args:
        points: world points
        views: the cameras
        masks: pixels of objects in each of them
    """
    size = torch.tensor([masks.shape[-1], masks.shape[-2]]).to(points)
    inside, seen = torch.ones_like(points[:, 0], dtype=torch.bool), torch.zeros_like(points[:, 0])
    for mask, projection in zip(masks, projection_matrices(views.k, views.camera_to_world), strict=True):
        found = points @ projection[:, :3].T + projection[:, 3]
        pixels = found[:, :2] / found[:, 2:].clamp_min(NEAREST)
        sees = ((pixels >= 0) & (pixels < size)).all(dim=-1) & (found[:, 2] > NEAREST)
        column, row = (pixels * sees[:, None]).long().unbind(dim=-1)
        inside &= mask[row, column] | ~sees
        seen += sees
    return inside & (seen >= FEWEST_VIEWS)


def hull_loss(
    grid: SceneGrid,
    raw: Float[Tensor, "x y z"],
    views: SceneViews,
    masks: Bool[Tensor, "v h w"],
    boxes: Float[Tensor, "n 2 3"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Cross-entropy of opacity with the visual hull within boxes, at a point drawn in each voxel.

    Not in the paper. It says of every voxel at once what mask and rays say of few, so that shapes are learnt in fewer
    steps, and to a fraction of a voxel, as points lie anywhere. The hull alone goes on below the floor that objects
    stand on, and between objects where few views see through.

    Args:
        grid: where the density lies
        raw: density before its softplus, which is the logit of opacity: 1 - exp(-softplus(raw)) = sigmoid(raw)
        views: the cameras
        masks: pixels of objects in each of them
        boxes: of the objects; where one is NaN, as it is unknown, the hull counts everywhere
        generator: on the CPU
    """
    offset = (torch.rand(*grid.shape, 3, generator=generator) - 0.5).to(raw) * grid.voxel_size
    points = (grid.voxel_centers().to(raw) + offset).reshape(-1, 3)
    full = in_visual_hull(points, views, masks) & _in_a_box(points, boxes)
    return functional.binary_cross_entropy_with_logits(grid.between_voxels(raw[None], points)[0], full.to(raw))


def _in_a_box(points: Float[Tensor, "n 3"], boxes: Float[Tensor, "m 2 3"]) -> Bool[Tensor, " n"]:
    if not bool(boxes.isfinite().all()):
        return torch.ones_like(points[:, 0], dtype=torch.bool)
    found = torch.zeros_like(points[:, 0], dtype=torch.bool)
    for least, greatest in boxes:
        found |= ((points >= least) & (points <= greatest)).all(dim=-1)
    return found
