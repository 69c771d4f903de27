"""Photos and maps from other points of view, against the toy rendered from there."""

import numpy as np
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.viewing.inspection import NARROW
from pad_nerfstudio.viewing.reprojection import ahead_of, reprojected
from pad_nerfstudio.viewing.view import along_ray, render_view
from tests.localization.analytic_scene import look_at
from tests.viewing.scored_toy import CAMERA, GOOD, POSES

POSE = POSES["test/Burrs/0.png"]
TAKEN = render_view(GOOD, POSE, CAMERA)
WINDOW = Pinhole(120.0, 120.0, 70.0, 50.0, 140, 100)


def test_the_same_camera_sees_the_photo_itself() -> None:
    photo = TAKEN.rendering.rgb.numpy()
    again, seen = reprojected(photo, TAKEN, TAKEN)
    assert seen.all()
    np.testing.assert_allclose(again, photo, atol=1e-4)


def test_another_window_from_the_same_place_sees_all_of_it_background_included() -> None:
    view = render_view(GOOD, POSE, WINDOW)
    photo, seen = reprojected(TAKEN.rendering.rgb.numpy(), TAKEN, view)
    inside = seen & ~view.solid
    assert seen[view.solid].all() and inside.any() and not seen[:, :5].any()
    assert np.abs(photo - view.rendering.rgb.numpy())[seen].mean() < 0.02


def test_from_elsewhere_only_the_surface_that_it_shows() -> None:
    view = render_view(GOOD, look_at((30, 45), 3.5), CAMERA)
    photo, seen = reprojected(TAKEN.rendering.rgb.numpy(), TAKEN, view)
    assert not seen[~view.solid].any() and 0.4 < seen[view.solid].mean() < 0.95
    assert np.abs(photo - view.rendering.rgb.numpy())[seen].mean() < 0.03
    behind = render_view(GOOD, look_at((-40, 200), 4.0), CAMERA)
    assert reprojected(TAKEN.rendering.rgb.numpy(), TAKEN, behind)[1][behind.solid].mean() < 0.05


def test_the_value_of_what_lies_ahead() -> None:
    image = np.tile(np.arange(96, dtype=np.float32), (96, 1))
    row, column = np.argwhere(TAKEN.solid)[len(np.argwhere(TAKEN.solid)) // 2]
    point = torch.from_numpy(TAKEN.points[row, column])
    sight = point - TAKEN.center
    for sideways in (0.0, 0.2):
        origin = TAKEN.center + sideways * torch.linalg.cross(sight, TAKEN.camera_to_world[:3, 1])
        found = ahead_of(image, TAKEN, render_view(GOOD, along_ray(origin, point - origin), NARROW))
        assert found is not None and abs(found - column) < 0.6
    behind = render_view(GOOD, along_ray(point + sight, -sight), NARROW)
    assert behind.solid.all() and ahead_of(image, TAKEN, behind) is None, "it shows the other side"
    away = render_view(GOOD, along_ray(TAKEN.center, -sight), NARROW)
    assert ahead_of(image, TAKEN, away) is None


def test_a_camera_along_a_ray() -> None:
    for direction in ((0.0, 0.0, -1.0), (0.0, 3.0, 0.0), (1.0, -2.0, 0.5)):
        pose = along_ray(torch.tensor([1.0, 2.0, 3.0]), torch.tensor(direction))
        rotation = pose[:3, :3]
        torch.testing.assert_close(rotation @ rotation.T, torch.eye(3).double(), atol=1e-6, rtol=0)
        assert torch.linalg.det(rotation) > 0
        torch.testing.assert_close(
            -rotation[:, 2], torch.nn.functional.normalize(torch.tensor(direction).double(), dim=0)
        )
