"""What tells objects from the floor: what other views show where a pixel would look at it, and its texture."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.floor.difference import floor_difference
from pad_nerfstudio.odd_one_out.learned.back_projection import NEAREST, projection_matrices

FLOOR_CHANNELS = 6
"""Of the result: three of the difference, its least size, the spread, and the share of other views."""

TEXTURE_CHANNELS = 4
"""Of the other result: a difference in L*, a* and b*, and its size."""
LAB_UNIT = 100.0
"""CIE L*a*b* distance that is 1 there."""


def floor_seen_by_others(views: SceneViews) -> Float[Tensor, "views 6 h w"]:
    """How a pixel differs from what other views show at its place on the floor, the plane z = 0 of the world.

    What looks alike from everywhere is floor, whatever its pattern; something stands where it does not. So other
    objects and floors than those of the training are told apart as well. Other views are warped by the plane's
    homography (Hartley and Zisserman, "Multiple View Geometry", section 13.1). Their order changes nothing.

    Args:
        views: of one scene

    Returns:
        Own colour minus the median of those other views that see the place (the lower one of two middle values); the
        least difference from any of them, averaged over the colours; their standard deviation, likewise; their share of
        the other views. All 0 where there is none, as above the horizon.
    """
    floor_to_pixels = projection_matrices(views.k, views.camera_to_world)[:, :, [0, 1, 3]]
    return torch.stack([_cue(views.images, floor_to_pixels, own) for own in range(len(views.images))])


@torch.no_grad()
def unlike_floor_texture(views: SceneViews, radius: float) -> Float[Tensor, "views 4 h w"]:
    """How a pixel differs from the texture of the floor that all views tell robustly, see `floor_texture`.

    Where several views show an object before one place, most of them or a chance likeness of two mislead
    `floor_seen_by_others`; the texture knows what colours the floor has elsewhere. Computed on the CPU.

    Args:
        views: of one scene
        radius: objects are not farther than this from the origin along x and y
    """
    projections = projection_matrices(views.k, views.camera_to_world).double().cpu().numpy()
    # there the first pixel's centre is (0, 0), here it is (0.5, 0.5)
    projections[:, :2] -= 0.5 * projections[:, 2:]
    images = views.images.movedim(1, -1).float().contiguous().cpu().numpy()
    found = torch.from_numpy(floor_difference(images, projections, radius)).movedim(-1, 1) / LAB_UNIT
    return torch.cat([found, found.norm(dim=1, keepdim=True)], dim=1).to(views.images)


def _cue(images: Float[Tensor, "v 3 h w"], floor_to_pixels: Float[Tensor, "v 3 3"], own: int) -> Float[Tensor, "6 h w"]:
    others = [number for number in range(len(images)) if number != own]
    found = images.new_zeros(FLOOR_CHANNELS, *images.shape[2:])
    if not others:
        return found
    to_others = floor_to_pixels[others] @ torch.linalg.inv(floor_to_pixels[own])
    on_floor = torch.linalg.inv(floor_to_pixels[own])[2]
    colors, sees = _warped(images[others], to_others, on_floor)
    differences = images[own] - colors
    known = sees.any(dim=0)
    count = sees.sum(dim=0).clamp_min(1)
    mean = (colors * sees[:, None]).sum(dim=0) / count
    variance = ((colors - mean).square() * sees[:, None]).sum(dim=0) / count
    sizes = differences.abs().mean(dim=1).where(sees, torch.inf)
    found[:3] = differences.where(sees[:, None], torch.nan).nanmedian(dim=0).values
    found[3] = sizes.amin(dim=0)
    found[4] = variance.sqrt().mean(dim=0)
    found[5] = sees.float().mean(dim=0)
    return found.where(known, 0.0)


def _warped(
    images: Float[Tensor, "v 3 h w"], homographies: Float[Tensor, "v 3 3"], on_floor: Float[Tensor, " 3"]
) -> tuple[Float[Tensor, "v 3 h w"], Bool[Tensor, "v h w"]]:
    """Images where pixels of one view map to, and whether they see the place there.

    Args:
        images: of other views
        homographies: the one view's pixels to theirs; the last coordinate is positive before them, as `on_floor` is
        on_floor: by which homogeneous pixels give the inverse depth of the floor, not positive above the horizon
    """
    h, w = images.shape[2:]
    row, column = torch.meshgrid(*(torch.arange(n).to(images) + 0.5 for n in (h, w)), indexing="ij")
    pixels = torch.stack([column, row, torch.ones_like(row)], dim=-1)
    mapped = torch.einsum("vij,hwj->vhwi", homographies, pixels)
    inverse_depth = pixels @ on_floor
    # mapped is scaled by the own inverse depth: its last coordinate is the other depth in units of the own one
    before = (inverse_depth > 0) & (mapped[..., 2] > NEAREST * inverse_depth)
    size = torch.tensor([w, h]).to(images)
    places = 2 * mapped[..., :2] / mapped[..., 2:].where(before[..., None], 1.0) / size - 1
    sees = before & (places.abs() <= 1).all(dim=-1)
    colors = functional.grid_sample(
        images, places.where(sees[..., None], 0.0), padding_mode="border", align_corners=False
    )
    return colors, sees
