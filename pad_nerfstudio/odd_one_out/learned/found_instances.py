"""The objects in boxes that the network found, cut out as finely as its silhouettes tell."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance, covered_pixels, labels_of
from pad_nerfstudio.odd_one_out.laid_upon.laid_objects import LaidObjects, lay_upon_each_other
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos, photos_of
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork, ViewMaps
from pad_nerfstudio.odd_one_out.learned.voxel_heads import density_of

FINER = 4
"""Points along each side of a voxel of the network."""
MARGIN = 0.012
"""World units around an object's box in which it is looked for."""
SEED = 0
"""Of the places on surfaces by which poses are told."""
FEWEST = 30
"""Points of an object: a box that holds fewer, as one that was given may, counts as full."""


def view_order(views: SceneViews) -> list[int]:
    """An order of views that depends on nothing but the places of their cameras."""
    places = views.camera_to_world[:, :3, 3].tolist()
    return sorted(range(len(places)), key=lambda number: places[number])


def photos_of_views(views: SceneViews) -> Photos:
    """The photos that the network saw, in `view_order`."""
    order = view_order(views)
    rgb = views.images[order].movedim(1, -1).float().cpu().contiguous().numpy()
    k = views.k.double().tolist()
    camera = Pinhole(k[0][0], k[1][1], k[0][2], k[1][2], rgb.shape[2], rgb.shape[1])
    return photos_of(rgb, views.camera_to_world[order].double().cpu().numpy(), camera)


@torch.no_grad()
def laid_objects(
    network: OddOneOutNetwork,
    volume: Float[Tensor, "c x y z"],
    maps: ViewMaps,
    views: SceneViews,
    boxes: Float[Tensor, "n 2 3"],
    occupied: float,
) -> LaidObjects:
    """The objects in boxes, each laid upon each other.

    Args:
        network: that told all this, with silhouettes in the volume
        volume: F_v
        maps: of the views
        views: what it saw
        boxes: of the objects
        occupied: density per voxel from which on there is matter
    """
    photos = photos_of_views(views)
    return lay_upon_each_other(found_instances(network, volume, maps, views, photos, boxes, occupied), photos, SEED)


@torch.no_grad()
def found_instances(
    network: OddOneOutNetwork,
    volume: Float[Tensor, "c x y z"],
    maps: ViewMaps,
    views: SceneViews,
    photos: Photos,
    boxes: Float[Tensor, "n 2 3"],
    occupied: float,
) -> list[Instance]:
    """Matter above the floor in each box, and the pixels that show it alone; arguments as of `laid_objects`.

    Args:
        network: as there
        volume: as there
        maps: as there
        views: as there
        photos: the same, see `photos_of_views`
        boxes: as there
        occupied: as there
    """
    step, raw = network.grid.voxel_size / FINER, network.raw_density(volume)
    pieces = []
    for box in boxes:
        points = _lattice(box, step).to(raw)
        full = density_of(network.raw_density_at(raw, maps, views, points)) > occupied
        pieces.append((points[full] if int(full.sum()) >= FEWEST else points).double().cpu().numpy())
    silhouettes = _silhouettes(maps, photos)[view_order(views)]
    covered = [covered_pixels(points, step, photos) & silhouettes for points in pieces]
    labels = labels_of(covered, silhouettes)
    return [Instance(points, step, own) for points, own in zip(pieces, labels, strict=True)]


def _lattice(box: Float[Tensor, "2 3"], step: float) -> Float[Tensor, "n 3"]:
    """Points above the floor in and near a box, all boxes' on one lattice."""
    least, greatest = ((box[end].double() + sign * MARGIN) / step for end, sign in ((0, -1), (1, 1)))
    axes = [
        step * torch.arange(int(a.floor()), int(b.ceil()) + 1).double() for a, b in zip(least, greatest, strict=True)
    ]
    axes[2] = axes[2][axes[2] > 0]
    if len(axes[2]) == 0:
        axes[2] = torch.tensor([step]).double()
    return torch.cartesian_prod(*axes)


def _silhouettes(maps: ViewMaps, photos: Photos) -> Bool[np.ndarray, "views h w"]:
    """Pixels of photos that show objects, in the order of the maps."""
    assert maps.silhouettes is not None, "the network's options ask for silhouettes"
    width, height = photos.size
    told = functional.interpolate(maps.silhouettes[:, None], (height, width), mode="bilinear", align_corners=False)
    return (told[:, 0] > 0).cpu().numpy()
