"""Pixels of world points, against the masks of a scene and against the matrices of its metadata."""

from pathlib import Path

import numpy as np

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.data.scene_object import read_object_mask
from pad_nerfstudio.odd_one_out.projection import pixels_in_front, project, projection_matrix
from tests.scene_factory import make_scene, read_metadata


def test_points_fall_where_the_metadata_s_own_matrices_put_them(tmp_path: Path) -> None:
    folder = make_scene(tmp_path / "tray", views=3)
    scene, camera = read_scene(folder), read_metadata(folder)["camera"]
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 5, 3))
    for view, pose in zip(scene.views, camera["poses"], strict=True):
        rotation = np.array(pose["rotation"])
        in_camera = points @ rotation[:3, :3].T + rotation[:3, 3]
        in_image = in_camera @ np.array(camera["K"]).T
        pixels, depth = project(points, projection_matrix(view.camera_to_world, scene.camera))
        np.testing.assert_allclose(pixels, in_image[..., :2] / in_image[..., 2:], atol=1e-9)
        assert np.array_equal(pixels_in_front(points, view.camera_to_world, scene.camera), pixels)
        np.testing.assert_allclose(depth, in_camera[..., 2], atol=1e-12)


def test_the_middle_of_an_object_is_in_its_mask(tmp_path: Path) -> None:
    scene = read_scene(make_scene(tmp_path / "tray", views=4))
    for found in scene.objects:
        assert found.box is not None and found.mask_paths[0] is not None
        pixels = pixels_in_front(found.box.center[None], scene.views[0].camera_to_world, scene.camera)
        x, y = np.floor(pixels[0]).astype(int)
        assert read_object_mask(found.mask_paths[0])[y, x]


def test_what_is_not_in_front_has_no_pixel(tmp_path: Path) -> None:
    scene = read_scene(make_scene(tmp_path / "tray", views=1))
    pose = scene.views[0].camera_to_world
    beside = pose[:3, 3] + [[1.0], [-1.0]] * pose[:3, 2]
    assert project(beside, projection_matrix(pose, scene.camera))[1][0] < 0
    pixels = pixels_in_front(beside, pose, scene.camera)
    assert np.isnan(pixels[0]).all() and np.isfinite(pixels[1]).all()
