"""Gradient inversion of a differentiable scene."""

import torch
from torchmetrics.functional import structural_similarity_index_measure

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.inversion import ImageLoss, InversionConfig, interest_pixels, invert
from pad_nerfstudio.localization.target import make_target
from tests.localization.analytic_scene import AnalyticScene, Sphere, look_at

CAMERA = Pinhole.from_angle_x(0.691, 64, 64)
BALL = AnalyticScene((Sphere((0.3, -0.2, 0.1), 2.0, (0.8, 0.7, 0.6)),), supersampling=1)
"""Fills the image: at the edge of a hard-edged solid there is no gradient to follow."""


def test_the_camera_is_pulled_towards_the_query() -> None:
    pose = look_at((20, 30), 4.0)
    start = pose @ se3.exp(torch.tensor([0.1, -0.1, 0.1, 0.02, 0.02, 0.1], dtype=torch.float64))
    query = BALL.render(pose, CAMERA).rgb
    found = invert(BALL, query, CAMERA, start, InversionConfig(steps=60, rays=1024))
    before = (BALL.render(start, CAMERA).rgb - query).abs().mean()
    after = (BALL.render(found, CAMERA).rgb - query).abs().mean()
    assert after < 0.1 * before
    assert se3.pose_error(found, pose)[0] < 0.4 * se3.pose_error(start, pose)[0]
    torch.testing.assert_close(found @ se3.inverse(found), torch.eye(4, dtype=torch.float64))


def test_the_same_seed_gives_the_same_pose() -> None:
    pose = look_at((20, 30), 4.0)
    query, start = BALL.render(pose, CAMERA).rgb, look_at((22, 31), 4.0)
    runs = [invert(BALL, query, CAMERA, start, InversionConfig(steps=5, rays=64, seed=seed)) for seed in (1, 1, 2)]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_interest_pixels_lie_on_the_object_and_default_to_all() -> None:
    rendering = AnalyticScene().render(look_at((20, 30), 4.0), Pinhole.from_angle_x(0.691, 128, 128))
    pixels = interest_pixels(rendering.rgb)
    assert 0 < len(pixels) < 128 * 128 / 2
    near = torch.nn.functional.max_pool2d(rendering.accumulation[None, None], 25, 1, 12)[0, 0] > 0
    assert near[pixels[:, 1].long(), pixels[:, 0].long()].all()
    assert len(interest_pixels(torch.ones(20, 30, 3))) == 600


def test_the_image_loss_of_splatpose_pulls_the_camera_too() -> None:
    pose = look_at((20, 30), 4.0)
    start = pose @ se3.exp(torch.tensor([0.1, -0.1, 0.1, 0.02, 0.02, 0.1], dtype=torch.float64))
    query = BALL.render(pose, CAMERA).rgb
    found = invert(BALL, query, CAMERA, start, InversionConfig(steps=60, rays=1024, loss="l1-ssim"))
    assert se3.pose_error(found, pose)[0] < 0.4 * se3.pose_error(start, pose)[0]


def test_the_image_loss_is_its_formula_on_no_more_pixels_than_rays() -> None:
    scene = AnalyticScene(supersampling=1)
    camera = Pinhole.from_angle_x(0.691, 128, 128)
    query = scene.render(look_at((20, 30), 4.0), camera).rgb
    config = InversionConfig(rays=1500)
    loss = ImageLoss(scene, query, camera, config)
    assert 1000 < loss.camera.w * loss.camera.h <= config.rays
    # At the size of the query the truth explains it wholly; elsewhere both parts count as the paper weighs them.
    whole = ImageLoss(scene, query, camera, InversionConfig(rays=128 * 128))
    assert whole(look_at((20, 30), 4.0)).item() < 1e-5
    away = look_at((24, 30), 4.0)
    target = make_target(query, camera, 128, 0.0)
    rendered = scene.render(away, target.camera).rgb
    similarity = structural_similarity_index_measure(
        rendered.permute(2, 0, 1)[None], target.rgb.permute(2, 0, 1)[None], data_range=1.0
    )
    expected = 0.8 * (rendered - target.rgb).abs().mean() + 0.2 * (1 - similarity)
    torch.testing.assert_close(whole(away), expected, atol=1e-4, rtol=1e-3)
