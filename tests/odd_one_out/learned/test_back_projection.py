from pathlib import Path

import numpy as np
import torch

from pad_nerfstudio.odd_one_out.learned.back_projection import back_project, projection_matrices
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.reference import slow_back_project
from tests.odd_one_out.learned.scenes import views_of
from tests.scene_factory import make_scene, project, scene_boxes


def test_points_project_where_the_scene_was_drawn(tmp_path: Path) -> None:
    views = views_of(make_scene(tmp_path / "scene", size=(48, 32)), [0, 3])
    matrices = projection_matrices(views.k, views.camera_to_world)
    corners = torch.from_numpy(scene_boxes()[0].corners()).float()
    for matrix, pose in zip(matrices, views.camera_to_world, strict=True):
        seen = corners @ matrix[:, :3].T + matrix[:, 3]
        expected = project(corners.double().numpy(), pose.double().numpy(), views.k.double().numpy())
        np.testing.assert_allclose(seen[:, :2] / seen[:, 2:], expected, atol=1e-3)


def test_back_projection_is_that_of_the_slow_reference(tmp_path: Path) -> None:
    views = views_of(make_scene(tmp_path / "scene", size=(48, 32)), [0, 2, 3])
    matrices = projection_matrices(views.k, views.camera_to_world)
    features = torch.rand(3, 4, 5, 7, generator=torch.Generator().manual_seed(0))
    # some voxels lie beside the images, some behind the cameras
    points = SceneGrid((6, 6, 4), 0.7).voxel_centers().reshape(-1, 3)
    expected = slow_back_project(features, matrices, points, (48, 32))
    assert 0 < int((expected == 0).all(dim=0).sum()) < len(points)
    torch.testing.assert_close(back_project(features, matrices, points, (48, 32)), expected, atol=1e-4, rtol=0)
