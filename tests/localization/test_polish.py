"""The last alignment: it rests where it should, with few renderings."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import make_surface
from pad_nerfstudio.localization.jacobian import project
from pad_nerfstudio.localization.polish import pixel_metric, polish
from pad_nerfstudio.localization.search import Hypothesis
from pad_nerfstudio.localization.target import make_target
from tests.localization.analytic_scene import AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.0)


def test_the_truth_takes_one_rendering() -> None:
    scene = AnalyticScene()
    target = make_target(scene.render(POSE, CAMERA).rgb, CAMERA, 128, 1.0)
    scene.renders = 0
    assert se3.pose_error(polish(scene, target, Hypothesis(POSE), 0.1, 6).camera_to_world, POSE)[0] < 0.02
    assert scene.renders == 1


def test_a_flat_face_seen_from_below_is_no_dead_end() -> None:
    # From there the toy is one dark rectangle; its sides are slivers that come and go with the camera.
    pose, scene, camera = look_at((-65, 290), 4.0), AnalyticScene(), CAMERA.resized(200, 200)
    target = make_target(scene.render(pose, camera).rgb, camera, 200, 1.0)
    scene.renders = 0
    found = polish(scene, target, Hypothesis(look_at((-62, 293), 4.05)), 0.1, 6)
    degrees, distance = se3.pose_error(found.camera_to_world, pose)
    assert degrees < 0.25 and distance < 0.02
    assert scene.renders <= 6


def test_the_pixel_metric_is_the_mean_squared_motion_of_the_image() -> None:
    scene = AnalyticScene()
    target = make_target(scene.render(POSE, CAMERA).rgb, CAMERA, 128, 1.0)
    rendering = scene.render(POSE, target.camera)
    surface = make_surface(rendering, rendering.rgb, target.camera, 2)
    twist = torch.tensor([0.001, 0.002, -0.001, 0.0005, 0.001, -0.002], dtype=torch.float64)
    moved = surface.points.double() @ se3.exp(-twist)[:3, :3].T + se3.exp(-twist)[:3, 3]
    shift = project(moved, target.camera) - project(surface.points.double(), target.camera)
    expected = (shift * shift).sum(-1).mean()
    torch.testing.assert_close(twist @ pixel_metric(surface, target) @ twist, expected, rtol=0.02, atol=0)


@pytest.mark.xfail(reason="known limit: nearly head-on, one flat face says too little; 1.48 degrees are left of 4.47")
def test_a_flat_face_seen_head_on_is_no_dead_end() -> None:
    pose, scene = look_at((-80, 30), 4.0), AnalyticScene()
    query = scene.render(pose, CAMERA.resized(256, 256)).rgb
    target = make_target(query, CAMERA.resized(256, 256), 256, 1.0)
    start = look_at((-78, 34), 4.05)
    found = polish(scene, target, Hypothesis(start), 0.1, 8).camera_to_world
    assert se3.pose_error(found, pose)[0] < 0.25 * se3.pose_error(start, pose)[0]
