"""Objects cut out of boxes by silhouettes, and laid upon each other."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.laid_upon.instance import OWN
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.found_instances import (
    FEWEST,
    MARGIN,
    found_instances,
    laid_objects,
    photos_of_views,
    view_order,
)
from pad_nerfstudio.odd_one_out.learned.network import HULL_UNIT, OddOneOutNetwork, ViewMaps
from pad_nerfstudio.odd_one_out.learned.silhouettes import SUREST, soft_hull
from pad_nerfstudio.odd_one_out.learned.visual_hull import in_visual_hull
from tests.odd_one_out.learned.scenes import boxes_of, tiny_network, views_of
from tests.scene_factory import make_scene

OCCUPIED = 0.2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four objects, the first dark on one side."""
    return make_scene(tmp_path_factory.mktemp("laid") / "scene", views=6, objects=4, size=(128, 128))


@cache
def network_of_silhouettes() -> OddOneOutNetwork:
    """A network whose density is the soft hull alone."""
    network = tiny_network(judged="surfaces", silhouettes_in_volume=True)
    with torch.no_grad():
        for weight in network.density_head.parameters():
            weight.zero_()
    return network


def seen(folder: Path, order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> tuple[SceneViews, ViewMaps, torch.Tensor]:
    """Views, maps with the true silhouettes, and the volume that they make."""
    network, views = network_of_silhouettes(), views_of(folder, list(order))
    assert views.masks is not None
    shown = functional.max_pool2d(views.masks.any(dim=1).float(), 2)
    maps = ViewMaps(torch.zeros(len(order), 8, 4, 4), SUREST * (2 * shown - 1))
    projections, size = projection_matrices(views.k, views.camera_to_world), views.images.shape[:-3:-1]
    volume = torch.zeros(8, *network.grid.shape)
    assert maps.silhouettes is not None
    volume[0] = soft_hull(maps.silhouettes, projections, network.points, size)[0].view(network.grid.shape) / HULL_UNIT
    return views, maps, volume


def test_points_are_those_of_the_hull_in_the_box(folder: Path) -> None:
    network, (views, maps, volume), boxes = network_of_silhouettes(), seen(folder), boxes_of(folder)
    found = found_instances(network, volume, maps, views, photos_of_views(views), boxes, OCCUPIED)
    assert views.masks is not None and len(found) == len(boxes)
    for number, (instance, (least, greatest)) in enumerate(zip(found, boxes, strict=True)):
        points = torch.from_numpy(instance.points).float()
        reach = MARGIN + instance.voxel
        assert (
            bool(((points >= least - reach) & (points <= greatest + reach)).all()) and instance.points[:, 2].min() > 0
        )
        in_hull = in_visual_hull(points, views, views.masks.any(dim=1))
        assert float(in_hull.float().mean()) > 0.75  # silhouettes have half the size
        volumes = len(points) * instance.voxel**3, float((greatest - least).prod())
        assert 0.5 * volumes[1] < volumes[0] < 1.8 * volumes[1]
        own = instance.labels == OWN
        shown = views.masks[view_order(views), number].numpy()
        assert (own & shown).sum() > 0.9 * own.sum()


def test_a_box_that_holds_nothing_counts_as_full(folder: Path) -> None:
    network, (views, maps, volume) = network_of_silhouettes(), seen(folder)
    maps = ViewMaps(maps.features, torch.full_like(volume[:1, 0, 0, :1], -SUREST).expand(6, 64, 64).contiguous())
    box = boxes_of(folder)[:1]
    photos = photos_of_views(views)
    (instance,) = found_instances(network, volume * 0 - 9, maps, views, photos, box, OCCUPIED)
    assert len(instance.points) > FEWEST and not (instance.labels == OWN).any()
    (buried,) = found_instances(network, volume, maps, views, photos, box - torch.tensor([0.0, 0.0, 1.0]), OCCUPIED)
    assert (buried.points[:, 2] > 0).all()


def test_the_odd_one_is_found_without_anything_learnt_and_its_part_told(folder: Path) -> None:
    network, (views, maps, volume), boxes = network_of_silhouettes(), seen(folder), boxes_of(folder)
    assert views.masks is not None
    for image, mask in zip(views.images, views.masks[:, 2], strict=True):
        rows = mask.any(dim=1).nonzero()[:, 0]
        mask[int(rows.float().mean()) :] = False
        image[:, mask] = torch.tensor([0.1, 0.2, 0.9])[:, None]  # the upper half is blue
    laid = laid_objects(network, volume, maps, views, boxes, OCCUPIED)
    logits = network.comparison(torch.from_numpy(laid.measures()).float())
    assert int(logits.argmax()) == 2
    assert len(laid.part(2)) > 0
    assert {match.objects for match in laid.matches(5, seed=0)} == {(i, j) for i in range(4) for j in range(i + 1, 4)}


def test_neither_the_order_of_views_nor_that_of_objects_matters(folder: Path) -> None:
    network, boxes, order = network_of_silhouettes(), boxes_of(folder), torch.tensor([2, 0, 3, 1])
    views, maps, volume = seen(folder)
    measures = laid_objects(network, volume, maps, views, boxes, OCCUPIED).measures()
    permuted = laid_objects(network, volume, maps, views, boxes[order], OCCUPIED).measures()
    np.testing.assert_allclose(permuted, measures[order][:, order], atol=1e-9)
    other, other_maps, _ = seen(folder, (3, 0, 5, 1, 4, 2))
    np.testing.assert_allclose(
        laid_objects(network, volume, other_maps, other, boxes, OCCUPIED).measures(), measures, atol=1e-6
    )


def test_no_boxes_no_objects(folder: Path) -> None:
    views, maps, volume = seen(folder)
    laid = laid_objects(network_of_silhouettes(), volume, maps, views, torch.zeros(0, 2, 3), OCCUPIED)
    assert laid.seen == () and laid.measures().shape[:2] == (0, 0) and laid.matches(3, 0) == ()
