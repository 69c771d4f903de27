"""The polar descriptor: Fourier correlation against turning step by step, and what it is invariant to."""

import math

import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.gallery import describe
from pad_nerfstudio.localization.polar_descriptor import ANGLES, distances, distances_reference, spectrum
from tests.localization.analytic_scene import AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 128, 128)


def test_fourier_correlation_is_the_distance_at_every_roll() -> None:
    generator = torch.Generator().manual_seed(0)
    views, query = torch.randn(5, 7, ANGLES, generator=generator), torch.randn(7, ANGLES, generator=generator)
    energies = (views * views).sum((-1, -2))
    fast = distances(query, spectrum(views), energies)
    torch.testing.assert_close(fast, distances_reference(query, views), atol=1e-3, rtol=1e-4)


def test_a_rolled_and_shifted_camera_shifts_the_angles() -> None:
    scene, pose = AnalyticScene(), look_at((30, 50), 4.0)
    _, still = describe(scene.render(pose, CAMERA).rgb, CAMERA, torch.ones(3), None)
    steps = 7
    motion = se3.exp(torch.tensor([0, 0, 0, 0, 0, steps * 2 * math.pi / ANGLES], dtype=torch.float64))
    motion = motion @ se3.exp(torch.tensor([0, 0, 0, 0.05, -0.04, 0], dtype=torch.float64))
    _, rolled = describe(scene.render(pose @ motion, CAMERA).rgb, CAMERA, torch.ones(3), None)
    table = distances(rolled, spectrum(still[None]), (still * still).sum()[None])[0]
    assert table.argmin().item() == steps
    assert table[steps] < 0.1 * table.median()
