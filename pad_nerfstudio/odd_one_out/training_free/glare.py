"""Light that a polished floor mirrors: another one in each view, so that no texture of the floor has it."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SIDE = 6
"""Values along each side of a photo."""
PRICE = 0.05
"""Of the mean square: there must be no glare without need, or it would make up for what stands there."""


class Glare(nn.Module):
    """How much lighter each view shows the floor: grey, smooth over the photo, never darker."""

    def __init__(self, views: int) -> None:
        """Begin with none."""
        super().__init__()
        self.light = nn.Parameter(torch.zeros(1, 1, views, SIDE, SIDE))

    def forward(self, pixels: Float[Tensor, "n 3"]) -> Float[Tensor, "n 1"]:
        """What is added to the floor's colour at pixels, as `glare_coordinates` gives them."""
        grid = pixels[None, None, None]
        return F.grid_sample(self.light, grid, padding_mode="border", align_corners=False)[0, 0, 0, 0, :, None]

    def price(self) -> Float[Tensor, ""]:
        """To be added to the squared error of colour."""
        return PRICE * self.light.square().mean()

    @torch.no_grad()
    def clamp(self) -> None:
        """Let no view darken the floor: its texture has the shadows, and what else is darker stands there."""
        self.light.clamp_min_(0)


def glare_coordinates(view: int, views: int, size: tuple[int, int]) -> Float[Tensor, "n 3"]:
    """Column, row and view of all pixels of a view, row by row, each in (-1, 1).

    Args:
        view: number of the view
        views: how many there are
        size: width and height of the photos
    """
    width, height = size
    row, column = torch.meshgrid(*((torch.arange(n) + 0.5) / n * 2 - 1 for n in (height, width)), indexing="ij")
    own = torch.full_like(row, (view + 0.5) / views * 2 - 1)
    return torch.stack([column, row, own], dim=-1).view(-1, 3)
