"""Direct alignment on a scene with a known answer."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import fill_depth, make_surface, register, smoothed
from pad_nerfstudio.localization.target import make_target
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, Box, Sphere, look_at

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.0)
SCENE = AnalyticScene()


def align(query: torch.Tensor, start: torch.Tensor, renders: int, floor: float = 0.1) -> torch.Tensor:
    target = make_target(query, CAMERA, 128, 1.0)
    for _ in range(renders):
        rendering = SCENE.render(start, target.camera)
        surface = make_surface(rendering, smoothed(rendering, target), target.camera, 3)
        start = start @ register(surface, target, floor, 6).motion
    return start


def offset(*twist: float) -> torch.Tensor:
    return POSE @ se3.exp(torch.tensor(twist, dtype=torch.float64))


@pytest.mark.parametrize(
    "start",
    [offset(0.03, -0.02, 0.05, 0.0, 0.0, 0.0), offset(0.0, 0.0, 0.0, 0.008, -0.008, 0.04), look_at((28, 43), 4.1)],
)
def test_a_few_renderings_find_the_camera(start: torch.Tensor) -> None:
    degrees, distance = se3.pose_error(align(SCENE.render(POSE, CAMERA).rgb, start, 5), POSE)
    assert degrees < 0.2 and distance < 0.015


def test_the_truth_stays_where_it_is() -> None:
    degrees, distance = se3.pose_error(align(SCENE.render(POSE, CAMERA).rgb, POSE, 1), POSE)
    assert degrees < 0.02 and distance < 0.002


@pytest.mark.parametrize("solids", [(*TOY, SPUR), TOY[:2] + TOY[3:]], ids=["spur", "missing part"])
def test_an_anomaly_does_not_pull_the_pose(solids: tuple[Box | Sphere, ...]) -> None:
    query = AnalyticScene(solids).render(POSE, CAMERA).rgb
    degrees, distance = se3.pose_error(align(query, look_at((27, 42), 4.05), 6), POSE)
    assert degrees < 0.3 and distance < 0.02


def test_without_robust_weights_an_anomaly_does_pull_the_pose() -> None:
    query = AnalyticScene((*TOY, Sphere((0.5, 0.1, 0.3), 0.3, (0.1, 0.1, 0.1)))).render(POSE, CAMERA).rgb
    robust, plain = (se3.pose_error(align(query, POSE, 4, floor), POSE)[0] for floor in (0.1, 100.0))
    assert robust < 0.3 and plain > 2 * robust


def test_nothing_to_see_moves_nothing() -> None:
    away = offset(0.0, 0.0, 0.0, 0.0, 1.5, 0.0)
    torch.testing.assert_close(align(SCENE.render(POSE, CAMERA).rgb, away, 1), away)


def test_fill_depth_takes_the_nearer_side_and_adds_rings() -> None:
    depth = torch.full((7, 7), 9.0)
    depth[2:5, 2:5] = 3.0
    depth[2:5, 4] = 2.0
    solid = torch.zeros(7, 7, dtype=torch.bool)
    solid[2:5, 2:5] = True
    filled, known = fill_depth(depth, solid, 1)
    assert known.sum() == 25 and known[1:6, 1:6].all()
    assert filled[3].tolist() == [1.0, 3.0, 3.0, 2.0, 2.0, 2.0, 1.0]
    filled, known = fill_depth(depth, solid, 2)
    assert known.all()
    assert filled[3].tolist() == [3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0]


def test_the_surface_has_a_rim_that_moves_with_the_edge() -> None:
    rendering = SCENE.render(POSE, CAMERA)
    thin, wide = (make_surface(rendering, rendering.rgb, CAMERA, rings) for rings in (1, 4))
    assert len(wide.points) > len(thin.points) > (rendering.accumulation > 0.5).sum()
    white = (wide.colours == 1).all(-1)
    assert white.sum() > 100
    assert (-wide.points[white][:, 2] - 4).abs().max() < 1
