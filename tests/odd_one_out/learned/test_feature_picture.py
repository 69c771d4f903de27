"""The feature field as a picture."""

from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned import feature_picture as module
from pad_nerfstudio.odd_one_out.learned.feature_picture import feature_picture, may_meet
from tests.odd_one_out.learned.scenes import boxes_of, tiny_network, views_of
from tests.scene_factory import make_scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_scene(tmp_path / "scene", size=(40, 32))


def test_rays_that_meet_no_box_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, views, boxes = tiny_network(), views_of(folder, [0]), boxes_of(folder)
    volume, density = torch.randn(8, *network.grid.shape), torch.full(network.grid.shape, 3.0)
    found = feature_picture(network, volume, density, boxes, views)
    asked = []

    def all_of_them(*given: object) -> torch.Tensor:
        chosen = may_meet(*given)  # type: ignore[arg-type]
        asked.append(float(chosen.float().mean()))
        return torch.ones_like(chosen)

    monkeypatch.setattr(module, "may_meet", all_of_them)
    slow = feature_picture(network, volume, density, boxes, views)
    assert found is not None and slow is not None and found.any()
    assert (found.astype(int) - slow).max() <= 1 and 0 < asked[0] < 0.9


def test_a_box_behind_the_camera_may_be_met_anywhere(folder: Path) -> None:
    views = views_of(folder, [0])
    behind = views.camera_to_world[0, :3, 3] + torch.tensor([[-0.1] * 3, [0.1] * 3])
    x = y = torch.tensor([1.0, 20.0])
    assert may_meet(behind[None], 0.1, SceneViews(views.images, views.k, views.camera_to_world, None), x, y).all()
