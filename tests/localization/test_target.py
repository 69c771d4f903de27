"""The query as the alignment sees it, and the residual that ranks poses."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.silhouette import pixel_rays
from pad_nerfstudio.localization.target import make_target, mismatch
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.0)
SCENE = AnalyticScene()


def test_the_window_holds_the_object_and_keeps_its_rays() -> None:
    query = SCENE.render(POSE, CAMERA)
    target = make_target(query.rgb, CAMERA, 64, 1.0)
    assert target.camera.w < 64 and target.camera.h < 64
    assert target.rgb.shape == (target.camera.h, target.camera.w, 3)
    assert target.silhouette.float().sum() == pytest.approx(query.accumulation.sum().item() / 4, rel=0.15)
    for edge in (target.silhouette[0], target.silhouette[-1], target.silhouette[:, 0], target.silhouette[:, -1]):
        assert not edge.any()
    whole = pixel_rays(CAMERA.resized(64, 64)).reshape(-1, 3)
    assert (pixel_rays(target.camera)[0, 0] - whole).norm(dim=-1).min() < 1e-5


def test_an_empty_query_is_seen_whole() -> None:
    assert make_target(torch.ones(128, 128, 3), CAMERA, 64, 1.0).camera == CAMERA.resized(64, 64)


def residual(query: torch.Tensor, pose: torch.Tensor) -> float:
    target = make_target(query, CAMERA, 128, 0.0)
    rendering = SCENE.render(pose, target.camera)
    return mismatch(rendering.rgb, rendering.accumulation, target)


def test_the_residual_is_zero_at_the_truth_and_grows_away_from_it() -> None:
    query = SCENE.render(POSE, CAMERA).rgb
    turns = [torch.tensor([0.0, 0, 0, 0, 0, angle], dtype=torch.float64) for angle in (0.0, 0.05, 0.2, 1.5)]
    values = [residual(query, POSE @ se3.exp(turn)) for turn in turns]
    assert values[0] < 1e-6
    assert values == sorted(values) and values[-1] > 0.3


def test_a_defect_counts_by_its_area_only() -> None:
    spoilt = AnalyticScene((*TOY, SPUR)).render(POSE, CAMERA).rgb
    assert residual(spoilt, POSE) < 0.15


def test_hiding_the_object_in_the_background_is_no_way_out() -> None:
    query = SCENE.render(POSE, CAMERA).rgb
    away = POSE @ se3.exp(torch.tensor([0.0, 0, 0, 0, 1.5, 0], dtype=torch.float64))
    assert residual(query, away) > 0.8
    assert residual(torch.ones_like(query), away) == 1.0
