"""The analytic Jacobians against finite differences, of points and of a whole rendered image."""

import math

import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.image_pyramid import gradient
from pad_nerfstudio.localization.jacobian import backproject, focal_jacobian, project, projection_jacobian, zoomed
from tests.localization.analytic_scene import AnalyticScene, Sphere, look_at

CAMERA = Pinhole(310.0, 300.0, 101.0, 95.0, 200, 190)


def test_projection_jacobian_is_the_derivative() -> None:
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = 0.4 * points - torch.tensor([0.0, 0.0, 4.0])

    def moved(twist: torch.Tensor) -> torch.Tensor:
        back = se3.exp(-twist)
        return project(points @ back[:3, :3].T + back[:3, 3], CAMERA)

    expected = torch.autograd.functional.jacobian(moved, torch.zeros(6, dtype=torch.float64))
    torch.testing.assert_close(projection_jacobian(points, CAMERA), expected)


def test_focal_jacobian_is_the_derivative_by_the_logarithm() -> None:
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = 0.4 * points - torch.tensor([0.0, 0.0, 4.0])
    step = 1e-5
    ahead, behind = (project(points, zoomed(CAMERA, math.exp(sign * step))) for sign in (1, -1))
    torch.testing.assert_close(focal_jacobian(points, CAMERA)[..., 0], (ahead - behind) / (2 * step))


def test_project_undoes_backproject() -> None:
    depth = 3 + torch.rand(CAMERA.h, CAMERA.w, generator=torch.Generator().manual_seed(0))
    pixels = project(backproject(depth, CAMERA).reshape(-1, 3), CAMERA)
    ys, xs = torch.meshgrid(torch.arange(CAMERA.h) + 0.5, torch.arange(CAMERA.w) + 0.5, indexing="ij")
    torch.testing.assert_close(pixels, torch.stack([xs, ys], dim=-1).reshape(-1, 2), atol=1e-3, rtol=0)


def test_image_gradient_times_projection_jacobian_predicts_a_small_motion_of_the_camera() -> None:
    # On a smooth surface minus gradient times flow is how a rendering changes with the camera.
    ball = Sphere((0.0, 0.0, 0.0), 0.9, (0.7, 0.6, 0.5))
    scene, camera = AnalyticScene((ball,), supersampling=1), Pinhole.from_angle_x(0.691, 160, 160)
    pose = look_at((20, 30), 4.0)
    before = scene.render(pose, camera)
    flow = projection_jacobian(backproject(before.depth, camera).reshape(-1, 3), camera).reshape(160, 160, 2, 6)
    slopes = gradient(before.rgb)
    inner = torch.nn.functional.max_pool2d(1 - before.accumulation[None, None], 31, 1, 15)[0, 0] == 0
    assert inner.sum() > 2000
    for axis in range(6):
        twist = torch.zeros(6, dtype=torch.float64)
        twist[axis] = 0.01 if axis < 3 else 0.004
        measured = (scene.render(pose @ se3.exp(twist), camera).rgb - before.rgb)[inner]
        predicted = -(slopes @ (flow @ twist.float())[..., None])[..., 0][inner]
        error, size = (measured - predicted).norm(), measured.norm()
        assert error < 0.1 * size, f"axis {axis}: {error / size:.2f}"
