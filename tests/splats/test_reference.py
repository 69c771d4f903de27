"""The torch rasteriser against gsplat's own reference, a double loop, and finite differences."""

import math

import pytest
import torch
from gsplat.cuda._torch_impl import _fully_fused_projection, _quat_scale_to_covar_preci, _spherical_harmonics

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.localization import se3
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.projection import covariances, intrinsics, project, world_to_camera
from pad_nerfstudio.splats.rasterization import BLUR, NEAR
from pad_nerfstudio.splats.reference import rasterize, shaded
from tests.splats.scenes import some_cameras, some_gaussians


def test_projection_is_gsplat_s() -> None:
    gaussians, cameras = some_gaussians(), some_cameras()
    gaussians.means[0] = torch.tensor([2.0, 1.0, 0.5])  # beyond the margin in which perspective is linearised
    gaussians.means[1] = 1.5 * cameras.camera_to_world[0, :, 3]  # behind a camera
    theirs, _ = _quat_scale_to_covar_preci(gaussians.quaternions, gaussians.scales, compute_preci=False)
    torch.testing.assert_close(covariances(gaussians.quaternions, gaussians.scales), theirs)
    radii, means, depths, conics, compensation = _fully_fused_projection(
        gaussians.means, theirs, world_to_camera(cameras.camera_to_world), intrinsics(cameras),
        cameras.width, cameras.height, BLUR, NEAR, calc_compensations=True,
    )  # fmt: skip
    ours = project(gaussians, cameras)
    assert compensation is not None
    assert torch.equal(ours.radii, radii) and (radii == 0).any() and (radii > 0).any()
    seen = radii > 0
    torch.testing.assert_close(ours.means[seen], means[seen], atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(ours.depths, depths)
    torch.testing.assert_close(ours.conics[seen], conics[seen], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.compensation[seen], compensation[seen], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_colours_are_gsplat_s(degree: int) -> None:
    gaussians, centers = some_gaussians(degree=2), some_cameras().camera_to_world[:, :3, 3]
    directions = gaussians.means - centers[:, None]
    theirs = _spherical_harmonics(degree, directions, gaussians.harmonics.expand(len(centers), -1, -1, -1))
    torch.testing.assert_close(shaded(gaussians, centers, degree), (theirs + 0.5).clamp_min(0), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("compensate", [False, True])
def test_compositing_is_a_double_loop_over_pixels_and_sorted_splats(compensate: bool) -> None:
    gaussians, cameras = some_gaussians(count=40), some_cameras(count=2, width=12, height=9)
    seen = rasterize(gaussians, cameras, 1, compensate)
    projected = project(gaussians, cameras)
    colors = shaded(gaussians, cameras.camera_to_world[:, :, 3], 1)
    for camera in range(2):
        order = [i for i in projected.depths[camera].argsort().tolist() if projected.radii[camera, i] > 0]
        for row in range(cameras.height):
            for column in range(cameras.width):
                left, color, depth = 1.0, torch.zeros(3), 0.0
                for i in order:
                    d = torch.tensor([column + 0.5, row + 0.5]) - projected.means[camera, i]
                    xx, xy, yy = projected.conics[camera, i].tolist()
                    power = 0.5 * (xx * d[0] ** 2 + yy * d[1] ** 2) + xy * d[0] * d[1]
                    opacity = gaussians.opacities[i] * (projected.compensation[camera, i] if compensate else 1.0)
                    alpha = min(0.999, float(opacity) * math.exp(-float(power)))
                    if alpha < 1 / 255:
                        continue
                    if left * (1 - alpha) <= 1e-4:
                        break
                    color = color + left * alpha * colors[camera, i]
                    depth += left * alpha * float(projected.depths[camera, i])
                    left *= 1 - alpha
                assert float(seen.accumulation[camera, row, column]) == pytest.approx(1 - left, abs=1e-5)
                torch.testing.assert_close(seen.rgb[camera, row, column], color, atol=1e-5, rtol=1e-4)
                if left < 0.99:
                    assert float(seen.depth[camera, row, column]) == pytest.approx(depth / (1 - left), rel=1e-4)


def test_memory_is_bounded_by_rows_without_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    gaussians, cameras = some_gaussians(), some_cameras()
    whole = rasterize(gaussians, cameras, 1, True)
    monkeypatch.setattr("pad_nerfstudio.splats.reference.AT_ONCE", 1)
    torch.testing.assert_close(rasterize(gaussians, cameras, 1, True).rgb, whole.rgb)


def test_gradients_are_those_of_finite_differences() -> None:
    splats = some_gaussians(count=6, dtype=torch.float64)
    cameras = some_cameras(count=1, width=8, height=7, dtype=torch.float64)
    weight = torch.rand(7, 8, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def total(means, quaternions, scales, opacities, harmonics, twist) -> torch.Tensor:
        pose = torch.cat([cameras.camera_to_world, torch.tensor([[[0.0, 0, 0, 1]]]).double()], dim=1)
        moved = (pose @ se3.exp(twist)[None])[:, :3]
        stack = PinholeStack.of_one_size(moved, cameras.focal, cameras.center, cameras.width, cameras.height)
        seen = rasterize(Gaussians(means, quaternions, scales, opacities, harmonics), stack, 1, True)
        return (seen.rgb[0] * weight[..., :3]).sum() + (seen.accumulation[0] * weight[..., 3]).sum()

    inputs = [splats.means, splats.quaternions, splats.scales, splats.opacities, splats.harmonics]
    inputs = [values.clone().requires_grad_() for values in [*inputs, torch.zeros(6, dtype=torch.float64)]]
    analytic = torch.autograd.grad(total(*inputs), inputs)
    draw = torch.Generator().manual_seed(2)
    for number, (values, gradient) in enumerate(zip(inputs, analytic, strict=True)):
        direction = torch.randn(values.shape, generator=draw, dtype=torch.float64)
        at = [
            float(total(*[v.detach() + (step * direction if i == number else 0) for i, v in enumerate(inputs)]))
            for step in (-1e-6, 1e-6)
        ]
        # thresholds at which a faint splat begins make tiny steps, hence the absolute part
        assert (at[1] - at[0]) / 2e-6 == pytest.approx(float((gradient * direction).sum()), rel=1e-3, abs=1e-3)
        assert gradient.abs().max() > 0
