"""Every object's part of a volume, brought to one size."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid


def roi_places(boxes: Float[Tensor, "n 2 3"], size: int) -> Float[Tensor, "n a a a 3"]:
    """World points: the middles of `size` cubed equal parts of boxes."""
    middles = (torch.arange(size).to(boxes) + 0.5) / size
    parts = torch.stack(torch.meshgrid(middles, middles, middles, indexing="ij"), dim=-1)
    least, greatest = (boxes[:, end, None, None, None] for end in (0, 1))
    return least + parts * (greatest - least)


def roi_pool(
    volume: Float[Tensor, "c x y z"], points: Float[Tensor, "n a a a 3"], grid: SceneGrid
) -> Float[Tensor, "n c a a a"]:
    """Object-centric volumes z_n of Bhunia et al., section 3.3: trilinear values at the middles of equal parts.

    Args:
        volume: features of voxels
        points: see `roi_places`
        grid: where the volume lies
    """
    values = grid.between_voxels(volume, points.reshape(-1, 3))
    return values.view(len(volume), *points.shape[:-1]).transpose(0, 1)
