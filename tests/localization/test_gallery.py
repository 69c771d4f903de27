"""Retrieval: the right view, roll, aim and distance from silhouettes and colours alone."""

import math

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.gallery import (
    Gallery,
    PosedImage,
    build_gallery,
    described,
    in_between_poses,
    nearest_point,
)
from tests.localization.analytic_scene import AnalyticScene, look_at, random_pose, rig

CAMERA = Pinhole.from_angle_x(0.691, 64, 64)
SCENE = AnalyticScene()


@pytest.fixture(scope="module")
def views() -> list[PosedImage]:
    return [PosedImage(SCENE.render(pose, CAMERA).rgb, pose, CAMERA) for pose in rig()]


@pytest.fixture(scope="module")
def gallery(views: list[PosedImage]) -> Gallery:
    return build_gallery(SCENE, views, rendered_views=100, size=48)


def test_the_best_of_a_few_guesses_is_near_for_any_roll_aim_and_distance(gallery: Gallery) -> None:
    generator = torch.Generator().manual_seed(3)
    for _ in range(8):
        pose = random_pose(generator, roll=180.0)
        guesses = gallery.retrieve(SCENE.render(pose, CAMERA).rgb, CAMERA, 8).poses
        degrees, distance = min(se3.pose_error(guess, pose) for guess in guesses)
        assert degrees < 15 and distance < 1.2


def test_a_gallery_view_finds_itself(views: list[PosedImage], gallery: Gallery) -> None:
    for view in views[5::20]:
        guess = gallery.retrieve(view.rgb, CAMERA, 1).poses[0]
        degrees, distance = se3.pose_error(guess, view.camera_to_world)
        assert degrees < 0.1 and distance < 0.05


def test_guesses_differ(gallery: Gallery, views: list[PosedImage]) -> None:
    guesses = gallery.retrieve(views[10].rgb, CAMERA, 6, separation=12.0).poses
    assert len(guesses) == 6
    for i, guess in enumerate(guesses):
        assert all(se3.pose_error(guess, other)[0] >= 11.9 for other in guesses[:i])


def test_the_centre_is_in_the_object(gallery: Gallery) -> None:
    assert gallery.centre.norm() < 0.2


def test_a_busy_background_falls_back_to_the_whole_image() -> None:
    generator = torch.Generator().manual_seed(0)
    images = [torch.rand(32, 32, 3, generator=generator) for _ in range(3)]
    camera = Pinhole.from_angle_x(0.691, 32, 32)
    poses = [look_at((10, azimuth), 4.0) for azimuth in (0, 40, 80)]
    gallery = Gallery([described(PosedImage(image, pose, camera)) for image, pose in zip(images, poses, strict=True)])
    assert se3.pose_error(gallery.retrieve(images[1], camera, 1).poses[0], poses[1]) == pytest.approx((0, 0), abs=1e-3)


def test_no_view_is_refused() -> None:
    with pytest.raises(ValueError):
        Gallery([])


def test_nearest_point_of_rays_through_it() -> None:
    generator = torch.Generator().manual_seed(0)
    point = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    origins = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    directions = torch.nn.functional.normalize(point - origins, dim=-1)
    torch.testing.assert_close(nearest_point(origins, directions), point, atol=1e-6, rtol=0)


def test_in_between_views_look_at_the_centre_and_stay_near_the_training_cameras() -> None:
    known = [look_at((elevation, azimuth), 4.0) for elevation in (20, 60) for azimuth in range(0, 360, 30)]
    centre = torch.zeros(3, dtype=torch.float64)
    poses = in_between_poses(known, centre, 200)
    assert 60 < len(poses) < 150
    for pose in poses:
        torch.testing.assert_close(se3.inverse(pose) @ pose, torch.eye(4, dtype=torch.float64))
        assert pose[:3, 3].norm().item() == pytest.approx(4.0)
        torch.testing.assert_close(pose[:3, 2], pose[:3, 3] / 4.0)
        nearest = max((pose[:3, 2] @ other[:3, 2]).item() for other in known)
        assert nearest > math.cos(math.radians(30.1))
