"""Which pixels show objects, told from images, and the soft visual hull that this makes of voxels."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.odd_one_out.learned.back_projection import read_views

WIDTH = 16
"""Channels between the head's layers."""
HULL_CHANNELS = 3
"""That `soft_hull` gives."""

SUREST = 8.0
"""Logit beyond which a view is believed no more."""


class SilhouetteHead(nn.Module):
    """Feature maps and the images they are of to logits of pixels to show objects, at stride 2.

    The maps know what is an object, the images where exactly it ends.
    """

    def __init__(self, seen: int, channels: int) -> None:
        """Set up with random weights.

        Args:
            seen: channels that the image encoder sees
            channels: of its maps
        """
        super().__init__()
        self.fine = nn.Conv2d(seen, WIDTH, 5, stride=2, padding=2)
        self.coarse = nn.Conv2d(channels, WIDTH, 1)
        self.join = nn.Conv2d(2 * WIDTH, WIDTH, 3, padding=1)
        self.out = nn.Conv2d(WIDTH, 1, 1)

    def forward(self, seen: Float[Tensor, "n seen h w"], maps: Float[Tensor, "n c a b"]) -> Float[Tensor, "n 1 p q"]:
        """Logits of pixels of two by two to show an object."""
        fine = functional.relu(self.fine(seen))
        coarse = functional.interpolate(self.coarse(maps), fine.shape[-2:], mode="bilinear", align_corners=False)
        return self.out(functional.relu(self.join(torch.cat([fine, coarse], dim=1))))


def soft_hull(
    logits: Float[Tensor, "v p q"],
    projections: Float[Tensor, "v 3 4"],
    points: Float[Tensor, "n 3"],
    image_size: tuple[int, int],
) -> Float[Tensor, "3 n"]:
    """What silhouettes say of points: a visual hull (see `in_visual_hull`) that knows doubt.

    Args:
        logits: of the views' pixels to show objects, over their whole images
        projections: see `projection_matrices`
        points: world points
        image_size: width and height of the images that `projections` are for

    Returns:
        Over the views that see a point: the soft minimum of the logits, -log(mean(exp(-logit))), which one view that
        sees past objects there makes negative; the mean log-probability; the views' share. All 0 where no view does.
    """
    total = points.new_zeros(2, len(points))
    count = points.new_zeros(len(points))
    for inside, found in read_views(logits[:, None], projections, points, image_size):
        told = found[0].clamp(-SUREST, SUREST)
        total = total.index_add(1, inside, torch.stack([torch.exp(-told), functional.logsigmoid(told)]))
        count = count.index_add(0, inside, torch.ones_like(told))
    against, for_all = total / count.clamp_min(1)
    least = -against.where(count > 0, 1.0).log()
    return torch.stack([least, for_all, count / len(logits)])
