"""Objects before any background: found, aligned and judged by what the rendering shows of them."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.gallery import Gallery, PosedImage, build_gallery
from pad_nerfstudio.localization.localizer import Localizer, LocalizerConfig
from pad_nerfstudio.localization.masked_matching import Filters, mean_differences_reference
from pad_nerfstudio.localization.target import is_cluttered, make_target, mismatch
from tests.localization.analytic_scene import AnalyticScene, look_at, rig

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.2, (0.15, 0.0, 0.1), 12.0)
SCENE = AnalyticScene(supersampling=1)


def clutter(seed: int = 0) -> torch.Tensor:
    """Blots of all sizes and colours."""
    generator = torch.Generator().manual_seed(seed)
    layers = (torch.rand(1, 3, n, n, generator=generator) - 0.5 for n in (3, 7, 15, 60))
    sizes = (torch.nn.functional.interpolate(layer, size=(128, 128), mode="bilinear") for layer in layers)
    return (0.5 + 0.6 * sum(sizes))[0].permute(1, 2, 0).clamp(0, 1)


def before(background: torch.Tensor) -> torch.Tensor:
    seen = AnalyticScene(behind=(0.0, 0.0, 0.0)).render(POSE, CAMERA)
    return seen.rgb + (1 - seen.accumulation)[..., None] * background


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    camera = CAMERA.resized(64, 64)
    views = [PosedImage(AnalyticScene().render(pose, camera).rgb, pose, camera) for pose in rig()]
    return build_gallery(SCENE, views, rendered_views=0)


def test_fourier_transforms_give_the_mean_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    photo, pictures = torch.rand(3, 13, 13, generator=generator), torch.rand(5, 4, 6, 6, generator=generator)
    pictures[:, 3] = (pictures[:, 3] > 0.4).float()
    expected = mean_differences_reference(photo, pictures)
    torch.testing.assert_close(Filters.of(pictures, 13)(photo), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "background",
    [
        torch.tensor([0.3, 0.45, 0.4]).expand(128, 128, 3),
        (0.75 - 0.4 * torch.linspace(0, 1, 128)[:, None, None] ** 2).expand(128, 128, 3),
        clutter(),
    ],
    ids=["another colour", "a gradient", "clutter"],
)
def test_an_object_before_another_background_is_localised(gallery: Gallery, background: torch.Tensor) -> None:
    localizer = Localizer(SCENE, gallery, LocalizerConfig(finest_size=128), plain=True)
    found = localizer.localize(before(background), CAMERA)
    degrees, distance = se3.pose_error(found.camera_to_world, POSE)
    assert degrees < 0.7 and distance < 0.1
    assert found.retrieval == ("polar, background unknown" if is_cluttered(before(background), CAMERA) else "polar")


def test_only_clutter_is_unknown() -> None:
    assert is_cluttered(before(clutter()), CAMERA)
    assert not is_cluttered(before(torch.tensor([0.3, 0.45, 0.4]).expand(128, 128, 3)), CAMERA)


def test_what_lies_beside_the_object_counts_for_nothing() -> None:
    rendering, background = SCENE.render(POSE, CAMERA), clutter()
    blind = make_target(before(background), CAMERA, 128, 0.0, cluttered=True)
    assert blind.camera == CAMERA and blind.rim(3) == 0
    assert mismatch(rendering.rgb, rendering.accumulation, blind) < 0.1
    seeing = make_target(before(background), CAMERA, 128, 0.0)
    assert seeing.rim(3) == 3
    assert mismatch(rendering.rgb, rendering.accumulation, seeing) > 0.5
