"""What lies around an object and all cameras: colours by direction, on a shell and at infinity, to be learnt."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SHELL = 1.5
"""Radius of the shell, as a multiple of the farthest camera's distance from the object."""
CLEAR = -2.0
"""Logit of the shell's opacity to begin with."""


class Environment(nn.Module):
    """Two equirectangular textures: a shell, which may be transparent, before one that is infinitely far.

    Every camera stands inside the shell, so that every ray meets it once. What lies between the box of the object and
    the cameras, such as the table near it, has no place here.
    """

    center: Float[Tensor, " 3"]
    """Of the shell, in the world."""
    radius: Float[Tensor, ""]
    """Of the shell."""

    def __init__(self, rows: int, center: Float[Tensor, " 3"], radius: float | Float[Tensor, ""]) -> None:
        """Begin grey, with textures of `rows` x 2 `rows` texels."""
        super().__init__()
        self.far = nn.Parameter(torch.full((1, 3, rows, 2 * rows), 0.5))
        shell = torch.full((1, 4, rows, 2 * rows), 0.5)
        shell[:, 3] = CLEAR
        self.shell = nn.Parameter(shell)
        self.register_buffer("center", center.clone())
        self.register_buffer("radius", torch.as_tensor(radius, dtype=torch.float32).clone())

    def forward(self, origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """What rays (unit directions) see that meet nothing in the box."""
        offset = origins - self.center
        along = (offset * directions).sum(-1)
        reach = (along.square() - offset.square().sum(-1) + self.radius.square()).clamp_min(0).sqrt() - along
        on_shell = look_up(self.shell, F.normalize(offset + reach[:, None] * directions, dim=-1))
        opacity = torch.sigmoid(on_shell[:, 3:])
        return opacity * on_shell[:, :3] + (1 - opacity) * look_up(self.far, directions)


def look_up(texture: Float[Tensor, "1 c rows columns"], directions: Float[Tensor, "n 3"]) -> Float[Tensor, "n c"]:
    """Bilinear values of an equirectangular texture (columns by azimuth about z, rows by elevation) in unit directions.

    Columns wrap around.
    """
    columns = texture.shape[-1]
    wrapped = F.pad(texture, (1, 1, 0, 0), mode="circular")
    azimuth = torch.atan2(directions[:, 1], directions[:, 0]) / torch.pi * (columns / (columns + 2))
    elevation = torch.asin(directions[:, 2].clamp(-1, 1)) / (torch.pi / 2)
    places = torch.stack([azimuth, elevation], dim=-1)[None, None]
    return F.grid_sample(wrapped, places, padding_mode="border", align_corners=False)[0, :, 0].T
