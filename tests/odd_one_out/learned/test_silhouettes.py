from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.silhouettes import SUREST, SilhouetteHead, soft_hull
from pad_nerfstudio.odd_one_out.learned.training_scene import object_masks
from pad_nerfstudio.odd_one_out.learned.visual_hull import in_visual_hull
from tests.odd_one_out.learned.scenes import TINY, views_of
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> SceneViews:
    return views_of(make_scene(tmp_path_factory.mktemp("scenes") / "scene", size=(64, 64)), [0, 2, 3, 5])


def test_sure_silhouettes_make_the_visual_hull(views: SceneViews) -> None:
    masks, points = object_masks("scene", views), TINY.grid.voxel_centers().reshape(-1, 3)
    projections = projection_matrices(views.k, views.camera_to_world)
    found = soft_hull(torch.where(masks, 6.0, -6.0), projections, points, (64, 64))
    hull = in_visual_hull(points, views, masks)
    assert 10 < int(hull.sum()) < len(points) / 2
    # along outlines, silhouettes are read between pixels and masks are not
    assert float(((found[0] > 0) == hull).float().mean()) > 0.97
    assert bool((found[1] <= 0).all())
    assert float(found[1][hull].mean()) > 10 * float(found[1][~hull].mean())  # both below 0
    assert bool(((found[2] >= 0) & (found[2] <= 1)).all())


def test_one_view_that_sees_past_is_enough_and_agreement_stays(views: SceneViews) -> None:
    projections, middle = projection_matrices(views.k, views.camera_to_world), torch.tensor([[0.0, 0.0, 0.05]])

    def least(*logits: float) -> float:
        maps = torch.tensor(logits)[:, None, None].expand(-1, 8, 8)
        return float(soft_hull(maps, projections, middle, (64, 64))[0])

    assert least(2.0, 2.0, 2.0, 2.0) == pytest.approx(2.0, abs=1e-4)
    assert least(-5.0, 5.0, 5.0, 5.0) == pytest.approx(-5.0 + 1.386, abs=0.01)
    assert least(99.0, 99.0, 99.0, 99.0) == pytest.approx(SUREST, abs=1e-3)


def test_what_no_view_sees_is_unknown(views: SceneViews) -> None:
    projections = projection_matrices(views.k, views.camera_to_world)
    found = soft_hull(torch.full((4, 8, 8), -3.0), projections, torch.tensor([[0.0, 0.0, 50.0]]), (64, 64))
    assert torch.equal(found, torch.zeros(3, 1))


def test_a_head_learns_outlines_finer_than_its_maps(tmp_path: Path, views: SceneViews) -> None:
    torch.manual_seed(0)
    masks = object_masks("scene", views)
    head, maps = SilhouetteHead(3, 4), torch.zeros(4, 4, 16, 16)
    optimizer, losses = torch.optim.Adam(head.parameters(), lr=0.02), []
    for _ in range(60):
        logits = head(views.images, maps)
        assert logits.shape == (4, 1, 32, 32)
        fitted = torch.nn.functional.interpolate(logits, (64, 64), mode="bilinear", align_corners=False)[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(fitted, masks.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
