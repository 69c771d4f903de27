"""Where splats begin, without a point cloud: in the visual hull, or on the surface that another trained field shows."""

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.fields.visual_hull import visual_hull

COARSE, FINE = 48, 64
"""Cells along each axis of the box of the scene, and then of that of the hull."""
SHELL = 2
"""How many cells of the hull count as near to its surface: what lies deeper, no photo shows."""


def hull_points(
    box: Float[Tensor, "2 3"],
    cameras: PinholeStack,
    silhouettes: Bool[Tensor, "views h w"],
    count: int,
    generator: torch.Generator,
) -> Float[Tensor, "count 3"]:
    """Random points near the surface of the visual hull; in the whole box where the silhouettes leave no hull.

    Args:
        box: lower and upper corner of what all cameras see
        cameras: of the photos
        silhouettes: generous ones, see `visual_hull`
        count: how many points
        generator: of the draws
    """
    for cells in (COARSE, FINE):
        side = (box[1] - box[0]) / cells
        lattice = torch.stack(torch.meshgrid(*[torch.arange(cells)] * 3, indexing="ij"), dim=-1).to(box)
        centers = box[0] + (lattice + 0.5) * side
        hull = visual_hull(centers.view(-1, 3), cameras, list(silhouettes)).view(cells, cells, cells)
        if not hull.any():
            hull = torch.ones_like(hull)
            break
        if cells == COARSE:
            places = hull.nonzero()
            box = torch.stack([box[0] + (places.amin(0) - 1) * side, box[0] + (places.amax(0) + 2) * side])
    chosen = centers[near_surface(hull)]
    drawn = torch.randint(len(chosen), (count,), generator=generator).to(box.device)
    shift = torch.rand(count, 3, generator=generator).to(box) - 0.5
    return chosen[drawn] + shift * side


def near_surface(solid: Bool[Tensor, "x y z"]) -> Bool[Tensor, "x y z"]:
    """The cells of a body within `SHELL` cells of what is outside; beyond the lattice is outside."""
    outside = functional.pad((~solid)[None, None].float(), [SHELL] * 6, value=1.0)
    return solid & (functional.max_pool3d(outside, 2 * SHELL + 1, stride=1)[0, 0] > 0)


def mean_colors(
    points: Float[Tensor, "n 3"], cameras: PinholeStack, images: UInt8[Tensor, "views h w 3"]
) -> Float[Tensor, "n 3"]:
    """The mean colour in [0, 1] that the photos show where points lie, whatever stands before them; else grey."""
    total, seen = torch.zeros_like(points), torch.zeros_like(points[:, :1])
    size = torch.tensor([cameras.width, cameras.height]).to(points)
    for pose, focal, center, image in zip(cameras.camera_to_world, cameras.focal, cameras.center, images, strict=True):
        local = (points - pose[:, 3]) @ pose[:, :3]
        pixel = local[:, :2] * local.new_tensor([1.0, -1.0]) / -local[:, 2:] * focal + center
        inside = (local[:, 2] < 0) & ((pixel >= 0) & (pixel < size)).all(-1)
        x, y = (pixel.where(inside[:, None], 0)).long().unbind(-1)
        total += image[y, x].to(total) / 255.0 * inside[:, None]
        seen += inside[:, None]
    return torch.where(seen > 0, total / seen.clamp_min(1), torch.full_like(total, 0.5))


def thinned(
    points: Float[Tensor, "m 3"], colors: Float[Tensor, "m 3"], count: int, seed: int
) -> tuple[Float[Tensor, "count 3"], Float[Tensor, "count 3"]]:
    """`count` of the points with their colours, drawn at random; some more than once where there are too few."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(points), generator=generator)
    if len(points) < count:
        order = torch.randint(len(points), (count,), generator=generator)
    chosen = order[:count].to(points.device)
    return points[chosen], colors[chosen]
