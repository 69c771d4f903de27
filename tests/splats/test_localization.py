"""Cameras are found in splats: by alignment of all hypotheses in one call, and by gradients to the view matrix."""

import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.batch.search import search_all, stack_hypotheses
from pad_nerfstudio.localization.batch.targets import TargetBatch, stack_targets
from pad_nerfstudio.localization.inversion import InversionConfig, invert
from pad_nerfstudio.localization.localizer import COARSE, FINE
from pad_nerfstudio.localization.target import make_target
from pad_nerfstudio.models.rendering import BatchRenderer, DifferentiableRasterizer
from pad_nerfstudio.splats.projection import project
from tests.localization.analytic_scene import look_at
from tests.splats.splat_scene import SplatScene

CAMERA = Pinhole.from_angle_x(0.5, 48, 48)
POSES = [look_at((25, 40), 3.0), look_at((-30, 200), 2.8, (0.05, 0.0, -0.05), 8.0)]


def nudged(pose: torch.Tensor, size: float, seed: int) -> torch.Tensor:
    return pose @ se3.exp(size * torch.randn(6, generator=torch.Generator().manual_seed(seed)).double())


def test_all_hypotheses_of_all_queries_take_one_call_a_round() -> None:
    scene = SplatScene()
    assert isinstance(scene, BatchRenderer)
    queries = [scene.render(pose, CAMERA).rgb for pose in POSES]

    def targets(size: int, sigma: float) -> TargetBatch:
        made = [make_target(query, CAMERA, size, sigma) for query in queries]
        return stack_targets(made, torch.device("cpu"))

    guesses = [[nudged(pose, 0.05, 10 * i + j) for j in range(3)] for i, pose in enumerate(POSES)]
    scene.calls = 0
    found = search_all(scene, targets, stack_hypotheses(guesses, torch.device("cpu")), (*COARSE, *FINE))
    assert scene.calls == len(COARSE) + len(FINE)
    for i, pose in enumerate(POSES):
        degrees, distance = se3.pose_error(found.camera_to_world[i, 0], pose)
        assert degrees < 0.3 and distance < 0.02


def test_the_refinement_of_splatpose_renders_the_object_s_window_whole() -> None:
    scene = SplatScene()
    assert isinstance(scene, DifferentiableRasterizer)
    query = scene.render(POSES[0], CAMERA).rgb
    start = nudged(POSES[0], 0.02, 1)
    scene.calls = 0
    # fewer rays than the window has pixels: they bound nothing here
    config = InversionConfig(steps=25, learning_rate=0.002, rays=100, loss="l1-ssim")
    found = invert(scene, query, CAMERA, start, config)
    assert scene.calls == 25
    seen = project(scene.gaussians, PinholeStack.of(CAMERA, torch.stack([POSES[0], start, found]).float())).means
    before, after = (seen[1:] - seen[0]).norm(dim=-1).mean(dim=1).tolist()
    assert after < 0.4 * before  # pixels by which splats lie off
