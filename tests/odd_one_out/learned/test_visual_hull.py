from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.training_scene import joined_views, object_masks
from pad_nerfstudio.odd_one_out.learned.visual_hull import hull_loss, in_visual_hull
from tests.odd_one_out.learned.scenes import boxes_of, views_of
from tests.scene_factory import make_scene

GRID = SceneGrid((24, 24, 8), 0.05, (0.0, 0.0, 0.15))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scenes") / "scene", size=(64, 64))


def views_and_masks(folder: Path) -> tuple[SceneViews, torch.Tensor]:
    views = joined_views(views_of(folder, [0, 2]), views_of(folder, [1, 3, 5]))
    return views, object_masks("scene", views)


def test_objects_are_in_the_hull_and_what_no_mask_shows_is_not(folder: Path) -> None:
    views, masks = views_and_masks(folder)
    assert views.numbers == (0, 2, 1, 3, 5) and masks.shape == (5, 64, 64)
    boxes = boxes_of(folder)
    middles = boxes.mean(dim=1)
    assert bool(in_visual_hull(middles, views, masks).all())
    assert not bool(in_visual_hull(middles + torch.tensor([0.0, 0.0, 0.5]), views, masks).any())
    assert not bool(in_visual_hull(middles, views, torch.zeros_like(masks)).any())
    everywhere = in_visual_hull(torch.tensor([[0.0, 0.0, 50.0]]), views, torch.ones_like(masks))
    assert not bool(everywhere.any())  # no camera sees it


def test_one_view_less_makes_the_hull_no_smaller(folder: Path) -> None:
    views, masks = views_and_masks(folder)
    points = GRID.voxel_centers().reshape(-1, 3)
    fewer = SceneViews(views.images[:-1], views.k, views.camera_to_world[:-1], None)
    all_views, some = in_visual_hull(points, views, masks), in_visual_hull(points, fewer, masks[:-1])
    assert bool((all_views <= some).all()) and int(some.sum()) > int(all_views.sum()) > 0


@pytest.mark.parametrize("known", [True, False])
def test_the_loss_leads_to_the_hull_within_boxes(folder: Path, known: bool) -> None:
    views, masks = views_and_masks(folder)
    boxes = boxes_of(folder) if known else torch.full((1, 2, 3), float("nan"))
    raw, generator = torch.full(GRID.shape, -1.0, requires_grad=True), torch.Generator().manual_seed(0)
    optimizer, losses = torch.optim.Adam([raw], lr=0.2), []
    for _ in range(60):
        loss = hull_loss(GRID, raw, views, masks, boxes, generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    points = GRID.voxel_centers().reshape(-1, 3)
    full = in_visual_hull(points, views, masks).view(GRID.shape)
    below = GRID.voxel_centers()[..., 2] < 0  # where the boxes stand
    opaque = raw.detach() > 0
    assert losses[-1] < 0.3 * losses[0]
    assert bool((full & below).any()) and bool((opaque & below).any()) == (not known)
    wanted = full & ~below if known else full
    assert float((opaque & wanted).sum() / (opaque | wanted).sum()) > 0.5
