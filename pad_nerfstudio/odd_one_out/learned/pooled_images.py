"""What images show within an object's voxels, finer than the voxels are."""

from itertools import product
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import colors_at

PARTS = 8
"""Points that are read in each voxel, two along each of its sides."""
READ = 6
"""Of each: three colours and their spread over the views."""
CONTRAST = 4.0
"""Colours differ by about a quarter, features by one."""


class PooledImages(nn.Module):
    """Colours at points within the voxels of objects' volumes, to add to those volumes; at first it adds nothing.

    Not in the paper. Back-projection (Bhunia et al., equation 2) once more, of the images themselves and only where
    objects are: cracks and moved parts are finer than the voxels of a scene.
    """

    def __init__(self, channels: int) -> None:
        """Set up with random weights, the last ones 0."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(PARTS * READ, 2 * channels), nn.LeakyReLU(), nn.Linear(2 * channels, channels)
        )
        last: Any = self.layers[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, points: Float[Tensor, "n a a a 3"], views: SceneViews) -> Float[Tensor, "n c a a a"]:
        """What is added to volumes that are read at `points`, see `ObjectPlaces`; they may be bent."""
        return self.layers(colors_within(points, views)).movedim(-1, 1)


def colors_within(points: Float[Tensor, "n a a a 3"], views: SceneViews) -> Float[Tensor, "n a a a read"]:
    """Mean colours and their spread over the views, on the scale of features, at `PARTS` points around each point."""
    within = points_within(points)
    read = colors_at(within.reshape(-1, 3), views)
    mean, spread = CONTRAST * (read[:3] - 0.5), CONTRAST * read[3:]
    return torch.cat([mean, spread]).T.reshape(*points.shape[:4], PARTS * READ)


def points_within(points: Float[Tensor, "n a a a 3"]) -> Float[Tensor, "n a a a parts 3"]:
    """Middles of the eight equal parts of each cell of a grid that may be bent; `points` are the cells' middles."""
    axes = torch.gradient(points, dim=(1, 2, 3))
    steps = torch.tensor(list(product((-0.25, 0.25), repeat=len(axes)))).to(points)
    return points[..., None, :] + torch.einsum("pi,inabcx->nabcpx", steps, torch.stack(axes))
