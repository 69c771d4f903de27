from itertools import product
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned import network as network_module
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork, ViewMaps
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions
from pad_nerfstudio.odd_one_out.learned.silhouettes import soft_hull
from pad_nerfstudio.odd_one_out.learned.training_scene import object_masks
from pad_nerfstudio.odd_one_out.learned.visual_hull import in_visual_hull
from pad_nerfstudio.odd_one_out.learned.voxel_heads import density_of
from tests.odd_one_out.learned.scenes import ADDED, TINY, boxes_of, tiny_network, views_of
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scenes") / "scene", views=6, objects=4)


@torch.no_grad()
def test_the_order_of_views_changes_nothing(folder: Path) -> None:
    network = tiny_network()
    there, back = views_of(folder, [0, 2, 5]), views_of(folder, [5, 0, 2])
    spread = tiny_network(spread_of_views=True)
    torch.testing.assert_close(spread.volume(there), spread.volume(back), atol=1e-3, rtol=0)
    torch.testing.assert_close(network.volume(there), network.volume(back), atol=1e-4, rtol=0)
    assert not torch.allclose(network.volume(there), network.volume(views_of(folder, [0, 2, 4])), atol=1e-3)


@torch.no_grad()
def test_additions_do_not_depend_on_the_order_of_views_or_on_other_scenes(folder: Path) -> None:
    network = tiny_network(**ADDED)
    there, back, other = (views_of(folder, numbers) for numbers in ([0, 2, 5], [5, 0, 2], [1, 3]))
    maps = network.maps(there, other)
    assert maps[0].silhouettes is not None and maps[0].silhouettes.shape[0] == 3
    together = network.volume(there, other, maps=maps)
    torch.testing.assert_close(network.volume(back)[0], together[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(network.volume(other)[0], together[1], atol=1e-3, rtol=0)


@torch.no_grad()
def test_a_silhouette_makes_density_at_once(folder: Path) -> None:
    network, views = tiny_network(**ADDED), views_of(folder, [0, 1, 2, 4])
    (maps,) = network.maps(views)
    shown = object_masks("scene", views)
    full = [
        ViewMaps(maps.features, logits) for logits in (torch.where(shown, 6.0, -6.0), torch.full(shown.shape, -6.0))
    ]
    objects, nothing = (network.density(network.volume(views, maps=[own])[0]) for own in full)
    points = TINY.grid.voxel_centers()
    hull = in_visual_hull(points.view(-1, 3), views, shown).view(TINY.grid.shape)
    assert float(objects[hull].mean()) > 1.0 and float(objects[hull].mean()) > 5 * float(nothing[hull].mean())


@torch.no_grad()
def test_between_voxels_boxes_follow_silhouettes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    views = views_of(folder, [0, 1, 2, 3, 4, 5])
    assert tiny_network(finer_boxes=2).hull_between_voxels(tiny_network().maps(views)[0], views) is None
    network = tiny_network(**ADDED, finer_boxes=2)
    (maps,) = network.maps(views)
    logits = torch.where(object_masks("scene", views), 6.0, -6.0)
    correction = network.hull_between_voxels(ViewMaps(maps.features, logits), views)
    # a density that is the hull of voxels, as if the 3-D network had added nothing, becomes the hull between them
    matrices, grid = projection_matrices(views.k, views.camera_to_world), TINY.grid
    known, there = (
        soft_hull(logits, matrices, g.voxel_centers().view(-1, 3), (64, 64))[0].view(g.shape)
        for g in (grid, SceneGrid((48, 48, 16), 0.025, (0.0, 0.0, 0.15)))
    )
    monkeypatch.setattr(network, "raw_density", lambda volume: known)
    looked_at: list[torch.Tensor] = []
    monkeypatch.setattr(
        network_module, "object_boxes", lambda density, *_: looked_at.append(density) or boxes_of(folder)
    )
    for hull in (correction, None):
        network.boxes(torch.zeros(8, *grid.shape), 0.2, None, hull)
    found, plain = looked_at
    torch.testing.assert_close(found, density_of(there), atol=1e-4, rtol=0)
    assert not torch.allclose(plain, density_of(there), atol=1.0)


@pytest.mark.parametrize("cue", ["floor_seen_by_others", "floor_texture"])
@torch.no_grad()
def test_the_floor_is_seen_from_the_other_views(folder: Path, cue: str) -> None:
    network, views = tiny_network(**{cue: True}), views_of(folder, [0, 1, 2])
    first = network.image_encoder.backbone.get_parameter(network.image_encoder.first_weight())
    (before,) = network.maps(views)
    alone = SceneViews(views.images[:1], views.k, views.camera_to_world[:1], None)
    assert torch.allclose(network.maps(alone)[0].features, before.features[:1], atol=1e-5)  # new weights are 0
    first[:, 3:] = 0.1
    assert not torch.allclose(network.maps(alone)[0].features, network.maps(views)[0].features[:1], atol=1e-3)


@pytest.mark.parametrize(
    "variant, judged",
    product(["A", "B", "C", "final"], ["voxels", "differences"]),
)
@torch.no_grad()
def test_permuted_objects_have_permuted_scores(folder: Path, variant: str, judged: str) -> None:
    network = tiny_network(variant=variant, judged=judged)
    views, places = views_of(folder, [0, 1, 2]), network.places_in(boxes_of(folder))
    volume = network.volume(views)[0]
    logits, order = network.compare(volume, places, views), torch.tensor([2, 0, 3, 1])
    assert logits.shape == (4,) and float(logits.std()) > 1e-4
    torch.testing.assert_close(network.compare(volume, places[order], views), logits[order], atol=1e-5, rtol=0)
    # only without a comparison does an object's score not depend on the others
    alone = torch.cat(
        [network.compare(volume, places[:2], views)[:1], network.compare(volume, places[[0, 3]], views)[:1]]
    )
    assert torch.allclose(alone, logits[:1], atol=1e-5) == (variant == "A")


@torch.no_grad()
def test_of_equal_objects_no_difference_is_judged(folder: Path) -> None:
    network = tiny_network(judged="differences", attention_blocks=1)
    views, places = views_of(folder, [0, 1, 2]), network.places_in(boxes_of(folder))
    volume = network.volume(views)[0]
    equal = torch.zeros(2, 8, 4, 4, 4)
    logits = [network.comparison(equal + level, torch.rand(2, 64, 6))[0] for level in (0.0, 3.0)]
    torch.testing.assert_close(logits[0], logits[1])  # whatever the objects are
    assert not torch.allclose(network.compare(volume, places, views), logits[0][0], atol=1e-4)


@torch.no_grad()
def test_bfloat16_is_nearly_the_same(folder: Path) -> None:
    views = views_of(folder, [0, 1])
    full, half = (tiny_network(precision=precision) for precision in ("float32", "bfloat16"))
    volumes = [network.volume(views)[0] for network in (full, half)]
    assert volumes[1].dtype == torch.float32 and not torch.equal(*volumes)
    torch.testing.assert_close(volumes[1], volumes[0], atol=0.1, rtol=0.1)
    torch.testing.assert_close(half.density(volumes[0]), full.density(volumes[0]), atol=0.02, rtol=0.02)


@torch.no_grad()
def test_any_number_of_views_and_objects(folder: Path) -> None:
    network = tiny_network()
    for numbers in ([3], [0, 1, 2, 3, 4, 5]):
        views = views_of(folder, numbers)
        volume = network.volume(views)[0]
        assert volume.shape == (8, *TINY.grid.shape) and bool(volume.isfinite().all())
    for count in (0, 1, 2):
        logits = network.compare(volume, network.places_in(boxes_of(folder)[:count]), views)
        assert logits.shape == (count,) and bool(logits.isfinite().all())


@torch.no_grad()
def test_between_voxels_a_plate_may_be_thinner_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = torch.full(TINY.grid.shape, -8.0)
    raw[4:12, 4:12, 3] = 1.0
    heights = []
    for finer in (1, 4):
        network = tiny_network(finer_boxes=finer)
        monkeypatch.setattr(network, "raw_density", lambda volume: raw)
        (box,) = network.boxes(torch.zeros(8, *TINY.grid.shape), occupied=0.2)
        heights.append(float(box[1, 2] - box[0, 2]) / TINY.grid.voxel_size)
    # along a line the logit falls from 1 to that of 0.2, -1.5, within 2.5 / 9 of a voxel
    assert heights[0] > 1.3 and abs(heights[1] - 2 * 2.5 / 9) < 0.15


@torch.no_grad()
def test_scenes_together_are_scenes_one_by_one(folder: Path) -> None:
    network = tiny_network()
    first, second = views_of(folder, [0, 1]), views_of(folder, [2, 3, 4])
    together = network.volume(first, second)
    torch.testing.assert_close(together[0], network.volume(first)[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(together[1], network.volume(second)[0], atol=1e-4, rtol=0)


@torch.no_grad()
def test_the_feature_field_at_some_voxels(folder: Path) -> None:
    network = tiny_network()
    volume = network.volume(views_of(folder, [0]))[0]
    where = torch.rand(TINY.grid.shape) < 0.3
    some, whole = network.features(volume, where), network.features(volume)
    torch.testing.assert_close(some[:, where], whole[:, where])
    assert bool((some[:, ~where] == 0).all())


@pytest.mark.parametrize("changes", [{}, ADDED])
def test_every_weight_learns(folder: Path, changes: dict[str, bool]) -> None:
    network = tiny_network(**changes).train()
    views = views_of(folder, [0, 1, 2])
    volume = network.volume(views)[0]
    loss = network.compare(volume, network.places_in(boxes_of(folder)), views).square().sum()
    (loss + network.density(volume).sum() + network.color(volume).sum() + network.features(volume).sum()).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


def test_the_published_sizes() -> None:
    network = OddOneOutNetwork(NetworkOptions(backbone="resnet18"))
    assert network.grid.shape == (96, 96, 16) and network.grid.voxel_size == 0.04
    assert network.join is None and network.silhouette_head is None and network.hull_share is None
    assert network.pooled_images is None
    assert len(network.comparison.blocks) == 3 and network.comparison.blocks[0].heads == 8
    assert network.comparison.k == 20 and network.comparison.size == 8 and len(network.projector.layers) == 4
