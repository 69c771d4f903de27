from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.augmentation import Motion, moved_views
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.floor_cue import FLOOR_CHANNELS, floor_seen_by_others, unlike_floor_texture
from pad_nerfstudio.odd_one_out.learned.reference import slow_floor_cue
from pad_nerfstudio.odd_one_out.learned.training_scene import object_masks
from tests.odd_one_out.learned.scenes import views_of
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> SceneViews:
    return views_of(make_scene(tmp_path_factory.mktemp("scenes") / "scene", views=6, size=(64, 64)), [0, 1, 2, 4])


def of_plane(views: SceneViews, height: float) -> SceneViews:
    """The same cameras before a plane with smooth colours, its height in the world."""
    matrices = projection_matrices(views.k, views.camera_to_world)[:, :, [0, 1, 3]].clone()
    matrices[:, :, 2] += height * projection_matrices(views.k, views.camera_to_world)[:, :, 2]
    h, w = views.images.shape[-2:]
    row, column = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    pixels = torch.stack([column, row, torch.ones_like(row)], dim=-1)
    found = torch.einsum("vij,hwj->vhwi", torch.linalg.inv(matrices), pixels)
    x, y = found[..., 0] / found[..., 2], found[..., 1] / found[..., 2]
    colors = torch.stack([torch.sin(5 * x), torch.cos(4 * y), torch.sin(3 * (x + y))], dim=1)
    return replace(views, images=0.5 + 0.4 * colors)


def test_it_is_that_of_the_slow_reference(views: SceneViews) -> None:
    h, w = 12, 16
    k = views.k * torch.tensor([[w / 64], [h / 64], [1.0]])
    small = SceneViews(torch.rand(4, 3, h, w), k, views.camera_to_world, None)
    expected = slow_floor_cue(small)
    assert 0 < int((expected[:, 5] == 0).sum()) < expected[:, 5].numel()
    torch.testing.assert_close(floor_seen_by_others(small), expected, atol=1e-4, rtol=0)


def test_a_patterned_floor_looks_alike_and_what_is_above_does_not(views: SceneViews) -> None:
    floor, table = (floor_seen_by_others(of_plane(views, height)) for height in (0.0, 0.2))
    near = (floor[:, 5] == 1).unsqueeze(1).expand_as(floor[:, :3])
    assert near.float().mean() > 0.2
    assert float(floor[:, :3][near].abs().mean()) < 0.01 < 0.1 < float(table[:, :3][near].abs().mean())
    assert float(floor[:, 3][near[:, 0]].mean()) < 0.01 < 0.03 < float(table[:, 3][near[:, 0]].mean())


def test_boxes_on_a_floor_stand_out(views: SceneViews) -> None:
    cue, shown = floor_seen_by_others(views), object_masks("scene", views)
    known = cue[:, 5] > 0
    size = cue[:, 3]
    assert float(size[shown & known].mean()) > 3 * float(size[~shown & known].median())
    assert float(size[shown & known].mean()) > 2 * float(size[~shown & known].mean())


def test_the_order_of_views_changes_nothing(views: SceneViews) -> None:
    order = torch.tensor([2, 0, 3, 1])
    there = SceneViews(views.images[order], views.k, views.camera_to_world[order], None)
    torch.testing.assert_close(floor_seen_by_others(there), floor_seen_by_others(views)[order], atol=1e-5, rtol=0)


def test_without_others_and_above_the_horizon_nothing_is_known(views: SceneViews) -> None:
    alone = SceneViews(views.images[:1], views.k, views.camera_to_world[:1], None)
    assert torch.equal(floor_seen_by_others(alone), torch.zeros(1, FLOOR_CHANNELS, 64, 64))
    turned = views.camera_to_world.clone()
    turned[0, :3, 1:3] *= -1  # upside down and looking the other way, up
    turned[0, :3, 3] = torch.tensor([0.0, 0.0, 1.0])
    up = replace(views, camera_to_world=turned)
    sky = turned[0, :3, :3] @ torch.tensor([0.0, 0.0, -1.0])
    assert (sky[2] > 0.5) and bool((floor_seen_by_others(up)[0] == 0).all())


def test_boxes_are_unlike_the_texture_of_the_floor(views: SceneViews) -> None:
    found, shown = unlike_floor_texture(views, 0.6), object_masks("scene", views)
    torch.testing.assert_close(found[:, 3], found[:, :3].norm(dim=1))
    assert float(found[:, 3][shown].median()) > 4 * float(found[:, 3][~shown].median())
    order = torch.tensor([2, 0, 3, 1])
    there = SceneViews(views.images[order], views.k, views.camera_to_world[order], None)
    torch.testing.assert_close(unlike_floor_texture(there, 0.6), found[order], atol=1e-3, rtol=0)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_mirrored_scene_is_as_unlike_its_floor(views: SceneViews, mirror: bool) -> None:
    found = unlike_floor_texture(moved_views(views, Motion(mirror, 0.0, 1.0, (0.0, 0.0))), 0.6)
    found = found.flip(-1) if mirror else found
    expected = unlike_floor_texture(views, 0.6)
    assert float((found - expected).abs().amax(dim=1).gt(0.05).float().mean()) < 0.02


@pytest.mark.parametrize("mirror", [False, True])
def test_a_moved_scene_has_the_same_floor(views: SceneViews, mirror: bool) -> None:
    moved = moved_views(views, Motion(mirror, 0.7, 1.3, (0.2, -0.1), stretch=(1.2, 0.9, 1.1)))
    expected = floor_seen_by_others(views)
    found = floor_seen_by_others(moved)
    found = found.flip(-1) if mirror else found
    # a ray that just meets the border of an image may be rounded to its other side
    assert float((found - expected).abs().amax(dim=1).gt(1e-2).float().mean()) < 0.01


def test_light_of_all_views_scales_it_and_size_changes_little(views: SceneViews, tmp_path: Path) -> None:
    cue, dark = floor_seen_by_others(views), floor_seen_by_others(replace(views, images=views.images * 0.5))
    torch.testing.assert_close(dark[:, :5], cue[:, :5] * 0.5, atol=1e-5, rtol=0)
    plane = of_plane(views, 0.1)
    images, k = torch.nn.functional.avg_pool2d(plane.images, 2), plane.k * torch.tensor([[0.5], [0.5], [1.0]])
    smaller = SceneViews(images, k, plane.camera_to_world, None)
    cue = torch.nn.functional.avg_pool2d(floor_seen_by_others(plane), 2)
    everywhere = (cue[:, 5:] == 1).expand_as(cue)
    difference = (floor_seen_by_others(smaller) - cue)[everywhere].abs()
    assert float(difference.mean()) < 0.01
