"""From pixels of several views to voxels."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.scene_set import SceneViews

NEAREST = 1e-3
"""Distance before a camera, in world units, from which on a point is seen."""
LEAST_VARIANCE = 1e-4
"""Of features over views: below it the root has no useful gradient."""


def projection_matrices(k: Float[Tensor, "3 3"], camera_to_world: Float[Tensor, "v 4 4"]) -> Float[Tensor, "v 3 4"]:
    """World points to pixels times depth: P = K [R|T] of Bhunia et al., section 3.1.

    Args:
        k: pinhole matrix; pixel centres at half-integers
        camera_to_world: OpenGL axes (x right, y up, z back)
    """
    flipped = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0])).to(camera_to_world)
    world_to_camera = flipped @ torch.linalg.inv(camera_to_world)
    return k @ world_to_camera[:, :3]


def back_project(
    features: Float[Tensor, "v c h w"],
    projections: Float[Tensor, "v 3 4"],
    points: Float[Tensor, "n 3"],
    image_size: tuple[int, int],
    with_spread: bool = False,
) -> Float[Tensor, "c2 n"]:
    """Features of each point's pixels, averaged over the views that see it; 0 where none does.

    Bhunia et al., equation 2, with the average of Murez et al., "Atlas" (2020), over views whose image holds the
    point. Between the centres of feature cells, values are bilinear.

    Args:
        features: maps of the views, each over its whole image
        projections: see `projection_matrices`
        points: world points
        image_size: width and height of the images that `projections` are for
        with_spread: also the standard deviation over those views, as as many further channels: small on surfaces, which
            look the same from everywhere
    """
    total = features.new_zeros(features.shape[1], len(points))
    squares = torch.zeros_like(total)
    views = features.new_zeros(len(points))
    for inside, found in read_views(features, projections, points, image_size):
        total = total.index_add(1, inside, found)
        if with_spread:
            squares = squares.index_add(1, inside, found.square())
        views = views.index_add(0, inside, torch.ones_like(views[inside]))
    views = views.clamp_min(1)
    mean = total / views
    if not with_spread:
        return mean
    return torch.cat([mean, (squares / views - mean.square()).clamp_min(LEAST_VARIANCE).sqrt()])


def colors_at(points: Float[Tensor, "n 3"], views: SceneViews) -> Float[Tensor, "6 n"]:
    """The photos' mean colours at world points, and their spread over the views; see `back_project`."""
    size = (views.images.shape[-1], views.images.shape[-2])
    return back_project(views.images, projection_matrices(views.k, views.camera_to_world), points, size, True)


def read_views(
    maps: Float[Tensor, "v c h w"],
    projections: Float[Tensor, "v 3 4"],
    points: Float[Tensor, "n 3"],
    image_size: tuple[int, int],
) -> Iterator[tuple[Int[Tensor, " _"], Float[Tensor, "c _"]]]:
    """Of each view, which points it sees, and what its map shows there; see `back_project`."""
    scale = 2.0 / torch.tensor(image_size).to(points)
    for view, projection in zip(maps, projections, strict=True):
        seen = points @ projection[:, :3].T + projection[:, 3]
        places = seen[:, :2] / seen[:, 2:].clamp_min(NEAREST) * scale - 1
        inside = ((places.abs() <= 1).all(dim=-1) & (seen[:, 2] > NEAREST)).nonzero()[:, 0]
        here = places[inside][None, None]
        yield inside, functional.grid_sample(view[None], here, padding_mode="border", align_corners=False)[0, :, 0]
