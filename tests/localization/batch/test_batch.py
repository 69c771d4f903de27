"""Many hypotheses at once come to what each comes to alone."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import make_surface, register
from pad_nerfstudio.localization.batch.alignment import make_surfaces, pixel_metrics, register_all
from pad_nerfstudio.localization.batch.lighting import fit_lights
from pad_nerfstudio.localization.batch.localizer import localize_all
from pad_nerfstudio.localization.batch.looks import look_all
from pad_nerfstudio.localization.batch.pictures import masked_median
from pad_nerfstudio.localization.batch.polish import polish_all
from pad_nerfstudio.localization.batch.search import best_apart, search_all, stack_hypotheses
from pad_nerfstudio.localization.batch.targets import TargetBatch, stack_targets
from pad_nerfstudio.localization.gallery import PosedImage, build_gallery
from pad_nerfstudio.localization.lighting import fit_light
from pad_nerfstudio.localization.localizer import COARSE, Localizer, LocalizerConfig
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.polish import pixel_metric, polish
from pad_nerfstudio.localization.search import Hypothesis, search
from pad_nerfstudio.localization.target import Target, is_cluttered, make_target
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at, rig

CPU = torch.device("cpu")
CAMERA = Pinhole.from_angle_x(0.691, 96, 96)
WIDE = Pinhole.from_angle_x(0.8, 96, 72)
SCENE = AnalyticScene(supersampling=1)
POSES = [look_at((25, 40), 4.0), look_at((-30, 200), 3.8, (0.1, 0.0, -0.05), 8.0), look_at((60, 100), 4.2)]
CAMERAS = [CAMERA, WIDE, CAMERA]
QUERIES = [
    SCENE.render(POSES[0], CAMERA).rgb,
    # of other light and background than the field's, and with a defect
    (0.7 * AnalyticScene((*TOY, SPUR), 1, behind=(0.9, 0.95, 1.0)).render(POSES[1], WIDE).rgb + 0.05).clamp(0, 1),
    AnalyticScene(TOY[:3], supersampling=1).render(POSES[2], CAMERA).rgb,
]


def nudged(pose: torch.Tensor, seed: int) -> torch.Tensor:
    return pose @ se3.exp(0.05 * torch.randn(6, generator=torch.Generator().manual_seed(seed)).double())


def targets(size: int, sigma: float) -> list[Target]:
    return [make_target(query, camera, size, sigma) for query, camera in zip(QUERIES, CAMERAS, strict=True)]


def stacked(size: int, sigma: float) -> TargetBatch:
    return stack_targets(targets(size, sigma), CPU)


def test_median() -> None:
    values, mask = torch.rand(3, 7), torch.tensor([[True] * 7, [True, False] * 3 + [False], [False] * 7])
    expected = [values[0].median(), values[1, [0, 2, 4]].median(), torch.tensor(0.0)]
    assert masked_median(values, mask).tolist() == [float(value) for value in expected]


@pytest.mark.parametrize("lighting", [False, True])
def test_looks(lighting: bool) -> None:
    starts = torch.stack([nudged(pose, i) for i, pose in enumerate(POSES)])
    seen = look_all(SCENE, starts, stacked(64, 1.0), lighting)
    for i, target in enumerate(targets(64, 1.0)):
        alone = look(SCENE, starts[i], target, lighting)
        light = seen.lights.one(i)
        torch.testing.assert_close(light.gain, alone.light.gain, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(light.bias, alone.light.bias, atol=1e-5, rtol=1e-5)
        h, w = target.camera.h, target.camera.w
        # at the window's right and lower rim, the blur sees on where alone it repeats the rim
        rim = 4
        torch.testing.assert_close(
            seen.smooth[i, : h - rim, : w - rim], alone.smooth[:-rim, :-rim], atol=1e-5, rtol=1e-4
        )
        assert float(seen.residual[i]) == pytest.approx(alone.residual, abs=1e-3)


def test_light_is_fitted_as_alone() -> None:
    draw = torch.Generator().manual_seed(0)
    rendered, mask = torch.rand(3, 20, 20, 3, generator=draw), torch.rand(3, 20, 20, generator=draw) > 0.3
    mask[2] = False
    queries = (rendered * torch.tensor([0.8, 1.0, 1.0])[:, None, None, None] + 0.01).clamp(0, 1)
    lights = fit_lights(queries, rendered, mask)
    assert lights.changed.tolist() == [True, False, False] or lights.changed.tolist() == [True, True, False]
    for i in range(3):
        alone = fit_light(queries[i], rendered[i], mask[i])
        torch.testing.assert_close(lights.one(i).gain, alone.gain)
        torch.testing.assert_close(lights.one(i).bias, alone.bias)


def test_registration_is_that_of_each_surface() -> None:
    starts = torch.stack([nudged(pose, i) for i, pose in enumerate(POSES)])
    batch = stacked(64, 1.0)
    seen = look_all(SCENE, starts, batch)
    together = register_all(make_surfaces(seen.rendering, seen.smooth, batch, 3), batch, 0.1, 6)
    for i, target in enumerate(targets(64, 1.0)):
        alone = look(SCENE, starts[i], target)
        surface = make_surface(alone.rendering, alone.smooth, target.camera, 3)
        one = stack_targets([target], CPU)
        seen = look_all(SCENE, starts[i : i + 1], one)
        surfaces = make_surfaces(seen.rendering, seen.smooth, one, 3)
        torch.testing.assert_close(pixel_metrics(surfaces, one)[0], pixel_metric(surface, target), rtol=1e-4, atol=1e-4)
        few, expected = (register(surface, target, 0.1, steps).motion for steps in (1, 6))
        assert float((expected - torch.eye(4)).abs().max()) > 0.01
        torch.testing.assert_close(register_all(surfaces, one, 0.1, 1)[0], few, atol=5e-5, rtol=0)
        # near the end, rounding decides whether one more step is worth while
        torch.testing.assert_close(register_all(surfaces, one, 0.1, 6)[0], expected, atol=5e-4, rtol=0)
        # among others, the rims of the windows are smoothed otherwise
        torch.testing.assert_close(together[i], expected, atol=2e-3, rtol=0)


def test_a_rendering_of_nothing_moves_nothing() -> None:
    batch = stacked(48, 1.0)
    seen = look_all(AnalyticScene(()), torch.stack(POSES), batch)
    motion = register_all(make_surfaces(seen.rendering, seen.smooth, batch, 3), batch, 0.1, 6)
    assert torch.equal(motion, torch.eye(4, dtype=torch.float64).expand(3, 4, 4)) and seen.residual.isfinite().all()


def test_the_best_that_lie_apart_are_kept() -> None:
    residual = torch.tensor([[0.3, 0.1, 0.2, torch.inf]])
    angles = torch.full((1, 4, 4), 10.0)
    angles[0, 2, 1] = 0.5  # the second best came to rest near the best
    kept, values = best_apart(residual, angles, 3, 1.0)
    assert kept[0, :2].tolist() == [1, 0]
    torch.testing.assert_close(values, torch.tensor([[0.1, 0.3, torch.inf]]))


def test_a_search_ends_where_each_query_s_ends() -> None:
    guesses = [[nudged(pose, 10 * i + j) for j in range(3 - (i == 1))] for i, pose in enumerate(POSES)]
    together = search_all(SCENE, stacked, stack_hypotheses(guesses, CPU), COARSE)
    for i, pose in enumerate(POSES):

        def target(size: int, sigma: float, number: int = i) -> Target:
            return targets(size, sigma)[number]

        def one(size: int, sigma: float, number: int = i) -> TargetBatch:
            return stack_targets([targets(size, sigma)[number]], CPU)

        expected = search(SCENE, target, [Hypothesis(guess) for guess in guesses[i]], COARSE)
        found = search_all(SCENE, one, stack_hypotheses(guesses[i : i + 1], CPU), COARSE)
        for number, hypothesis in enumerate(expected):
            degrees, distance = se3.pose_error(found.camera_to_world[0, number], hypothesis.camera_to_world)
            assert degrees < 0.2 and distance < 0.02  # of pictures of 48 and 96 pixels
            assert float(found.residual[0, number]) == pytest.approx(hypothesis.residual, abs=5e-3)
        assert found.residual[0, len(expected) :].isinf().all()
        assert se3.pose_error(together.camera_to_world[i, 0], pose)[0] < 2.5


def test_polished_poses_rest_where_each_rests() -> None:
    starts = torch.stack([pose @ se3.exp(torch.full((6,), 0.005).double()) for pose in POSES])
    polished = polish_all(SCENE, stacked(96, 0.5), starts, 0.05, 5)
    for i, target in enumerate(targets(96, 0.5)):
        alone = polish(SCENE, target, Hypothesis(starts[i]), 0.05, 5)
        degrees, distance = se3.pose_error(polished[i], alone.camera_to_world)
        assert degrees < 0.02 and distance < 0.002
        assert se3.pose_error(polished[i], starts[i])[0] > 0.1


def before(pose: torch.Tensor, camera: Pinhole, behind: torch.Tensor) -> torch.Tensor:
    """The toy before another background."""
    seen = SCENE.render(pose, camera)
    return (seen.rgb + (1 - seen.accumulation)[..., None] * (behind - seen.rgb)).clamp(0, 1)


def test_backgrounds_that_are_not_of_one_colour_are_carried_along() -> None:
    y, x = torch.meshgrid(torch.linspace(0, 1, 96), torch.linspace(0, 1, 96), indexing="ij")
    slope = torch.stack([0.3 + 0.5 * x, 0.5 + 0.3 * y, 0.9 - 0.4 * x], dim=-1)
    clutter = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(0)).repeat_interleave(12, 0)
    pictures = [slope, clutter.repeat_interleave(12, 1)]
    queries = [before(pose, CAMERA, behind) for pose, behind in zip(POSES, pictures, strict=False)]
    made = [make_target(q, CAMERA, 64, 1.0, cluttered=is_cluttered(q, CAMERA)) for q in queries]
    assert [target.cluttered for target in made] == [False, True]
    assert made[0].background is not None and made[0].background.ndim == 3
    starts = torch.stack([nudged(pose, i) for i, pose in enumerate(POSES[:2])])
    for i, target in enumerate(made):
        one, start = stack_targets([target], CPU), starts[i : i + 1]
        seen, alone = look_all(SCENE, start, one), look(SCENE, starts[i], target)
        torch.testing.assert_close(seen.smooth[0], alone.smooth, atol=1e-5, rtol=1e-4)
        assert float(seen.residual[0]) == pytest.approx(alone.residual, abs=1e-4)
        surface = make_surface(alone.rendering, alone.smooth, target.camera, target.rim(3))
        found = register_all(make_surfaces(seen.rendering, seen.smooth, one, 3), one, 0.1, 6)[0]
        torch.testing.assert_close(found, register(surface, target, 0.1, 6).motion, atol=5e-4, rtol=0)
    batch = stack_targets(made, CPU)
    polished = polish_all(SCENE, batch, starts, 0.05, 5)
    for target, start, found in zip(made, starts, polished, strict=True):
        alone = polish(SCENE, target, Hypothesis(start), 0.05, 5).camera_to_world
        assert se3.pose_error(found, alone)[0] < 0.02 < 0.5 < se3.pose_error(found, start)[0]


def test_photos_are_localised_together_as_alone() -> None:
    camera = CAMERA.resized(64, 64)
    views = [PosedImage(SCENE.render(pose, camera).rgb, pose, camera) for pose in rig()]
    gallery = build_gallery(SCENE, views, rendered_views=0, size=48)
    # so low a typical residual that all are searched for twice
    config = LocalizerConfig(finest_size=96, hypotheses=4, more_hypotheses=6)
    localizer = Localizer(SCENE, gallery, config, typical_residual=1e-4)
    found = localize_all(localizer, QUERIES, CAMERAS)
    assert len(found) == 3
    for query, camera, pose, together in zip(QUERIES, CAMERAS, POSES, found, strict=True):
        alone = localizer.localize(query, camera)
        degrees, distance = se3.pose_error(together.camera_to_world, alone.camera_to_world)
        assert degrees < 0.1 and distance < 0.01
        assert together.residual == pytest.approx(alone.residual, abs=5e-3)
        assert together.converged == alone.converged and together.retrieval == alone.retrieval
        assert se3.pose_error(together.camera_to_world, pose)[0] < 1.5
