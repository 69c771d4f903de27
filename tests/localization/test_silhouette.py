"""Silhouettes, plain backgrounds, and the camera turned to the object."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.silhouette import border_colour, centred, contrast, pixel_rays
from tests.localization.analytic_scene import AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 96, 96)


def test_plain_background_is_found_and_a_busy_one_is_not() -> None:
    image = AnalyticScene(behind=(0.2, 0.3, 0.4)).render(look_at((10, 20), 4.0), CAMERA).rgb
    colour = border_colour(image)
    assert colour is not None
    torch.testing.assert_close(colour, torch.tensor([0.2, 0.3, 0.4]))
    assert border_colour(torch.rand(40, 40, 3, generator=torch.Generator().manual_seed(0))) is None


def test_contrast_is_the_silhouette() -> None:
    rendering = AnalyticScene(supersampling=1).render(look_at((10, 20), 4.0), CAMERA)
    weights = contrast(rendering.rgb, torch.ones(3))
    assert ((weights > 0.5) == (rendering.accumulation > 0.5)).float().mean() > 0.999
    assert contrast(rendering.rgb, None).min() == 1


def test_contrast_sees_light_grey_on_white_but_no_noise() -> None:
    image = torch.ones(1, 2, 3)
    image[0, 0], image[0, 1] = 0.9, 0.99
    assert contrast(image, torch.ones(3))[0].tolist() == pytest.approx([1.0, 0.0])


def test_turning_the_camera_changes_neither_centroid_nor_spread() -> None:
    scene, pose = AnalyticScene(), look_at((30, 50), 4.0)
    found = []
    for twist in ([0.0, 0.0, 0.0], [0.08, -0.1, 0.0], [-0.05, 0.02, 1.0]):
        turned = pose @ se3.exp(torch.tensor([0.0, 0.0, 0.0, *twist], dtype=torch.float64))
        weights = contrast(scene.render(turned, CAMERA).rgb, torch.ones(3))
        view = centred(weights, CAMERA)
        found.append((-(turned[:3, :3] @ view.rotation)[:, 2], view.spread))
    for axis, spread in found[1:]:
        assert (axis @ found[0][0]).item() > 1 - 1e-5
        assert spread == pytest.approx(found[0][1], rel=0.01)


def test_spread_is_size_over_distance() -> None:
    rays = pixel_rays(CAMERA)
    radius = 0.15
    disc = ((rays[..., :2] ** 2).sum(-1) < radius**2).float()
    view = centred(disc, CAMERA)
    assert view.spread == pytest.approx(radius / 2**0.5, rel=0.03)
    torch.testing.assert_close(view.rotation, torch.eye(3, dtype=torch.float64), atol=1e-4, rtol=0)


def test_an_empty_silhouette_counts_as_a_full_one() -> None:
    empty, full = centred(torch.zeros(96, 96), CAMERA), centred(torch.ones(96, 96), CAMERA)
    assert empty.spread == full.spread
