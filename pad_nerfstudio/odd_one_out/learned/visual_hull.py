"""What masks say of voxels: those that project into the mask of every view that sees them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

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
    density: Float[Tensor, "x y z"],
    views: SceneViews,
    masks: Bool[Tensor, "v h w"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Cross-entropy of voxels' opacity against the visual hull, at a point drawn in each voxel.

    Not in the paper. It says of every voxel at once what mask and rays say of few, so that shapes are learnt in fewer
    steps; as the points vary, a voxel that is half full becomes half opaque.
    """
    offset = (torch.rand(*grid.shape, 3, generator=generator) - 0.5).to(density) * grid.voxel_size
    points = (grid.voxel_centers().to(density) + offset).reshape(-1, 3)
    full = in_visual_hull(points, views, masks).view(grid.shape)
    # of opacity 1 - exp(-density): -log(1 - opacity) is the density itself
    return torch.where(full, -torch.log(-torch.expm1(-density) + 1e-4), density).mean()
