"""Exposures of half to 1.6 times and white balances off by a fifth are found, clipped highlights and all."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.lighting import fit_light
from tests.localization.analytic_scene import AnalyticScene, look_at

SEEN = AnalyticScene().render(look_at((25, 40), 4.0), Pinhole.from_angle_x(0.691, 128, 128))
OBJECT = SEEN.accumulation > 0.95


@pytest.mark.parametrize("exposure", [0.5, 0.75, 1.3, 1.6])
@pytest.mark.parametrize("balance", [(1.0, 1.0, 1.0), (1.2, 1.0, 0.8), (0.8, 1.0, 1.2)])
def test_strong_differences_are_found(exposure: float, balance: tuple[float, float, float]) -> None:
    gain = exposure * torch.tensor(balance)
    query = (gain * SEEN.rgb).clamp(0, 1)
    found = fit_light(query, SEEN.rgb, OBJECT)
    explained = (found.gain * SEEN.rgb + found.bias).clamp(0, 1)
    before, after = ((picture - query)[OBJECT].abs().mean() for picture in (SEEN.rgb, explained))
    assert after < 0.02 and after < 0.2 * before
    torch.testing.assert_close(found.gain, gain, atol=0.0, rtol=0.12)
