"""Resizing, smoothing, gradients, and the cameras that go with them."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.image_pyramid import blur, cropped_camera, gradient, resize, scaled_camera
from pad_nerfstudio.localization.silhouette import pixel_rays

CAMERA = Pinhole(120.0, 125.0, 31.0, 25.0, 64, 48)


def ramp(camera: Pinhole) -> torch.Tensor:
    """An image whose colour is linear in the viewing ray, so the same scene at every size."""
    rays = pixel_rays(camera)
    return 0.5 + torch.stack([rays[..., 0], rays[..., 1], rays[..., 0] - 2 * rays[..., 1]], dim=-1)


def test_resized_image_fits_the_resized_camera() -> None:
    camera = CAMERA.resized(16, 12)
    small = resize(ramp(CAMERA), camera.w, camera.h)
    torch.testing.assert_close(small[2:-2, 2:-2], ramp(camera)[2:-2, 2:-2], atol=1e-5, rtol=0)


def test_resize_does_not_alias() -> None:
    stripes = (torch.arange(64) % 2).float().expand(64, 64)[..., None].expand(-1, -1, 3)
    inner = resize(stripes, 16, 16)[2:-2, 2:-2]
    torch.testing.assert_close(inner, torch.full_like(inner, 0.5), atol=0.05, rtol=0)


def test_blur_is_the_gaussian_of_an_impulse() -> None:
    impulse = torch.zeros(21, 21, 1)
    impulse[10, 10] = 1
    smooth = blur(impulse, 1.5)[..., 0]
    at = torch.arange(21) - 10.0
    assert smooth.sum().item() == pytest.approx(1, abs=1e-5)
    assert ((smooth.sum(0) * at**2).sum()).sqrt().item() == pytest.approx(1.5, rel=0.03)
    torch.testing.assert_close(smooth, smooth.T)


def test_blur_keeps_straight_ramps_and_no_blur_keeps_all() -> None:
    image = ramp(CAMERA)
    torch.testing.assert_close(blur(image, 1.0)[4:-4, 4:-4], image[4:-4, 4:-4], atol=1e-5, rtol=0)
    assert blur(image, 0.0) is image


def test_gradient_of_a_ramp_is_its_slope() -> None:
    slopes = gradient(ramp(CAMERA))[1:-1, 1:-1]
    expected = torch.tensor([[1 / 120, 0], [0, -1 / 125], [1 / 120, 2 / 125]])
    torch.testing.assert_close(slopes, expected.expand_as(slopes), atol=1e-5, rtol=0)


def test_scaled_camera_never_grows() -> None:
    assert scaled_camera(CAMERA, 1000) == CAMERA
    assert (scaled_camera(CAMERA, 32).w, scaled_camera(CAMERA, 32).h) == (32, 24)


def test_cropped_camera_sees_the_same_rays() -> None:
    window = cropped_camera(CAMERA, 10, 7, 20, 30)
    torch.testing.assert_close(pixel_rays(window), pixel_rays(CAMERA)[7:37, 10:30])
