from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.pooled_images import CONTRAST, PARTS, PooledImages, colors_within, points_within
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_places
from tests.odd_one_out.learned.scenes import boxes_of, tiny_network, views_of
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scenes") / "scene", size=(64, 64))


def test_parts_of_cells_are_the_cells_of_a_grid_twice_as_fine() -> None:
    boxes = torch.tensor([[[0.0, -1.0, 2.0], [1.0, 3.0, 2.5]], [[0.2, 0.0, 0.0], [0.3, 0.1, 0.1]]])
    within, finer = points_within(roi_places(boxes, 4)), roi_places(boxes, 8)
    assert within.shape == (2, 4, 4, 4, PARTS, 3)
    for number, (i, j, k) in enumerate((i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)):
        torch.testing.assert_close(within[..., number, :], finer[:, i::2, j::2, k::2])


def test_bent_cells_have_bent_parts() -> None:
    points = roi_places(torch.tensor([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]]), 4)
    bent = torch.stack([points[..., 0], points[..., 1], points[..., 2] + 0.5 * points[..., 0]], dim=-1)
    within = points_within(points)
    expected = torch.stack([within[..., 0], within[..., 1], within[..., 2] + 0.5 * within[..., 0]], dim=-1)
    torch.testing.assert_close(points_within(bent), expected)


def test_one_colour_everywhere_is_read_as_such(folder: Path) -> None:
    views, points = views_of(folder, [0, 2, 3]), roi_places(boxes_of(folder), 4)
    color = torch.tensor([0.75, 0.5, 0.25])
    read = colors_within(points, replace(views, images=color[:, None, None].expand_as(views.images)))
    mean = read.view(-1, PARTS, 6)[..., :3]
    torch.testing.assert_close(mean, (CONTRAST * (color - 0.5)).expand_as(mean), atol=1e-4, rtol=0)
    assert float(read.view(-1, PARTS, 6)[..., 3:].max()) < 0.1  # they agree
    differ = replace(views, images=torch.stack([torch.full((3, 64, 64), level) for level in (0.1, 0.5, 0.9)]))
    assert float(colors_within(points, differ).view(-1, PARTS, 6)[..., 3:].mean()) > 1.0


def test_the_order_of_views_and_objects_changes_nothing(folder: Path) -> None:
    torch.manual_seed(0)
    pooled, points = PooledImages(8), roi_places(boxes_of(folder), 4)
    assert bool((pooled(points, views_of(folder, [0, 1, 4])) == 0).all())
    torch.nn.init.normal_(pooled.layers[-1].weight)
    found = pooled(points, views_of(folder, [0, 1, 4]))
    assert found.shape == (3, 8, 4, 4, 4) and float(found.std()) > 0.01
    torch.testing.assert_close(pooled(points, views_of(folder, [4, 0, 1])), found, atol=1e-4, rtol=0)
    torch.testing.assert_close(pooled(points[[2, 0, 1]], views_of(folder, [0, 1, 4])), found[[2, 0, 1]])


@torch.no_grad()
def test_objects_are_judged_by_images_where_asked(folder: Path) -> None:
    network = tiny_network(pooled_from_images=True)
    views, places = views_of(folder, [0, 1, 4]), network.places_in(boxes_of(folder))
    volume = network.volume(views)[0]
    black = SceneViews(torch.zeros_like(views.images), views.k, views.camera_to_world, None)
    assert torch.equal(network.compare(volume, places, views), network.compare(volume, places, black))  # at first
    assert network.pooled_images is not None
    torch.nn.init.normal_(network.pooled_images.layers[-1].weight)
    assert not torch.allclose(network.compare(volume, places, views), network.compare(volume, places, black), atol=1e-4)
    assert network.compare(volume, places[:0], views).shape == (0,)
