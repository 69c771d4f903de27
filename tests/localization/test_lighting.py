"""A gain and a bias of each channel, told from defects, from backgrounds and from nothing at all."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.lighting import UNCHANGED, fit_light, relit
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.polish import polish
from pad_nerfstudio.localization.search import Hypothesis
from pad_nerfstudio.localization.target import make_target
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.0)
SCENE = AnalyticScene()
SEEN = SCENE.render(POSE, CAMERA)
OBJECT = SEEN.accumulation > 0.95
GAIN, BIAS = torch.tensor([0.8, 0.95, 1.1]), torch.tensor([0.03, -0.03, 0.0])
WHITE = torch.ones(3)


def test_gain_and_bias_are_found_beside_a_defect() -> None:
    defective = AnalyticScene((*TOY, SPUR)).render(POSE, CAMERA)
    query = relit(defective.rgb, GAIN, BIAS, defective.accumulation, WHITE)
    found = fit_light(query, SEEN.rgb, OBJECT)
    torch.testing.assert_close(found.gain, GAIN, atol=0.03, rtol=0)
    torch.testing.assert_close(found.bias, BIAS, atol=0.015, rtol=0)


def test_light_that_does_not_differ_is_exactly_unchanged() -> None:
    noise = 0.02 * torch.randn(SEEN.rgb.shape, generator=torch.Generator().manual_seed(0))
    assert fit_light((SEEN.rgb + noise).clamp(0, 1), SEEN.rgb, OBJECT) is UNCHANGED
    defective = AnalyticScene((*TOY, SPUR)).render(POSE, CAMERA).rgb
    assert fit_light(defective, SEEN.rgb, OBJECT) is UNCHANGED


def test_too_few_or_clipped_pixels_say_nothing() -> None:
    assert fit_light(SEEN.rgb * 0.5, SEEN.rgb, torch.zeros_like(OBJECT)) is UNCHANGED
    assert fit_light(torch.ones_like(SEEN.rgb), SEEN.rgb, OBJECT) is UNCHANGED


def test_a_channel_of_one_value_tells_a_bias_and_no_gain() -> None:
    flat = torch.full((20, 20, 3), 0.5)
    found = fit_light(flat - 0.1, flat, torch.ones(20, 20, dtype=torch.bool))
    torch.testing.assert_close(found.gain, torch.ones(3))
    torch.testing.assert_close(found.bias, torch.full((3,), -0.1))


def test_relit_changes_the_object_s_share_of_a_pixel_alone() -> None:
    lit = relit(SEEN.rgb, GAIN, BIAS, SEEN.accumulation, WHITE)
    assert torch.equal(lit[SEEN.accumulation == 0], SEEN.rgb[SEEN.accumulation == 0])
    torch.testing.assert_close(lit[OBJECT], (GAIN * SEEN.rgb + BIAS).clamp(0, 1)[OBJECT])
    half = relit(torch.full((1, 1, 3), 0.7), torch.full((3,), 0.5), torch.zeros(3), torch.full((1, 1), 0.5), WHITE)
    torch.testing.assert_close(half, torch.full((1, 1, 3), 0.5 * 0.4 * 0.5 + 0.5))
    torch.testing.assert_close(relit(SEEN.rgb, GAIN, BIAS), (GAIN * SEEN.rgb + BIAS).clamp(0, 1))
    with pytest.raises(ValueError, match="opacity"):
        relit(SEEN.rgb, GAIN, BIAS, SEEN.accumulation)


@pytest.mark.parametrize("background", [(1.0, 1.0, 1.0), (0.8, 0.85, 0.7)], ids=["overexposed", "dimmer"])
def test_a_query_in_other_light_is_aligned_as_well_as_in_the_same(background: tuple[float, float, float]) -> None:
    shown = AnalyticScene(behind=background).render(POSE, CAMERA)
    query = relit(shown.rgb, GAIN, BIAS, shown.accumulation, torch.tensor(background))
    target = make_target(query, CAMERA, 128, 1.0)
    start = look_at((26.5, 41), 4.04)
    found = polish(SCENE, target, Hypothesis(start), 0.1, 6).camera_to_world
    same = polish(SCENE, make_target(SEEN.rgb, CAMERA, 128, 1.0), Hypothesis(start), 0.1, 6).camera_to_world
    assert se3.pose_error(found, POSE)[0] < se3.pose_error(same, POSE)[0] + 0.15 < 0.4
    seen = look(SCENE, found, target)
    torch.testing.assert_close(seen.light.gain, GAIN, atol=0.06, rtol=0)
    assert seen.residual < 0.3 * look(SCENE, found, target, lighting=False).residual
    blind = polish(SCENE, target, Hypothesis(start), 0.1, 6, lighting=False).camera_to_world
    assert se3.pose_error(blind, POSE)[0] > 1.5 * se3.pose_error(found, POSE)[0]


def test_the_same_light_on_the_same_background_leaves_a_rendering_as_it_is() -> None:
    target = make_target(SEEN.rgb, CAMERA, 128, 1.0)
    one, other = (look(SCENE, POSE, target, lighting) for lighting in (True, False))
    assert one.light is UNCHANGED and torch.equal(one.smooth, other.smooth)
