"""Poses in the viewer, against what Nerfstudio makes of its camera."""

import numpy as np
import pytest
import torch
import viser.transforms as vtf

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.viewing.click_catcher import CORNERS, INWARDS
from pad_nerfstudio.viewing.viewer_frame import angle_that_shows, pose_of_ray, ray_of_click, vertical_angle, viewer_pose
from tests.viewing.scored_toy import POSES
from tests.viewing.test_layers import FRAME


def test_nerfstudio_turns_it_back() -> None:
    pose = POSES["test/good/1.png"]
    wxyz, position = viewer_pose(FRAME, pose)
    rotation = (vtf.SO3(wxyz) @ vtf.SO3.from_x_radians(np.pi)).as_matrix()  # as in Viewer.get_camera_state
    seen = torch.from_numpy(np.concatenate([rotation, position[:, None] / 10], axis=1))
    torch.testing.assert_close(FRAME.from_nerfstudio(seen), pose, atol=1e-6, rtol=0)
    ray = pose_of_ray(FRAME, tuple(position), tuple(vtf.SO3(wxyz).as_matrix()[:, 2]))
    torch.testing.assert_close(ray[:3, 2:], pose[:3, 2:], atol=1e-6, rtol=0)


def test_windows_show_the_whole_photo() -> None:
    camera = Pinhole(100.0, 100.0, 50.0, 40.0, 100, 80)
    assert angle_that_shows(camera, 2.0) == pytest.approx(vertical_angle(camera))
    assert np.tan(angle_that_shows(camera, 0.5) / 2) * 0.5 == pytest.approx(0.5)


def test_the_box_that_catches_clicks_is_closed_and_looks_inwards() -> None:
    triangles = CORNERS[INWARDS]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    assert ((normals * triangles.mean(axis=1)).sum(axis=1) < 0).all()
    edges = sorted(tuple(sorted((int(t[i]), int(t[i - 1])))) for t in INWARDS for i in range(3))
    assert all(edges.count(edge) == 2 for edge in edges)


def test_a_click_goes_through_the_place_on_the_window() -> None:
    turn = vtf.SO3.from_y_radians(0.3)
    position = np.array([1.0, 2.0, 3.0])
    origin, direction = ray_of_click(position, turn.wxyz, 0.8, 1.5, (0.5, 0.5))
    assert origin == (1.0, 2.0, 3.0)
    np.testing.assert_allclose(direction, turn.as_matrix()[:, 2])
    _, corner = ray_of_click(position, turn.wxyz, 0.8, 1.5, (1.0, 0.0))
    seen = turn.as_matrix().T @ np.array(corner)
    np.testing.assert_allclose(seen[:2] / seen[2], [1.5 * np.tan(0.4), -np.tan(0.4)])
