"""Splats change their number and keep their values."""

import torch

from pad_nerfstudio.splats.gaussians import Splats, raw_parameters, spacing


def test_raw_parameters_are_the_gaussians_asked_for() -> None:
    splats = Splats(sh_degree=1)
    assert len(splats) == 0
    points, colors = torch.rand(7, 3), torch.rand(7, 3)
    splats.assign(raw_parameters(points, colors, torch.full((7,), 0.2), 0.3, 1))
    seen = splats.gaussians()
    assert len(splats) == 7 and seen.harmonics.shape == (7, 4, 3)
    torch.testing.assert_close(seen.means, points)
    torch.testing.assert_close(seen.scales, torch.full((7, 3), 0.2))
    torch.testing.assert_close(seen.opacities, torch.full((7,), 0.3))
    torch.testing.assert_close(0.28209479 * seen.harmonics[:, 0] + 0.5, colors)


def test_a_state_of_another_number_loads_into_the_same_parameters() -> None:
    saved, other = Splats(0), Splats(0)
    saved.assign(raw_parameters(torch.rand(5, 3), torch.rand(5, 3), torch.rand(5) + 0.1, 0.5, 0))
    before = {name: id(parameter) for name, parameter in other.raw.items()}
    other.load_state_dict(saved.state_dict())
    assert {name: id(parameter) for name, parameter in other.raw.items()} == before
    assert all(torch.equal(other.raw[name], saved.raw[name]) for name in before)


def test_spacing_is_the_mean_distance_to_the_nearest() -> None:
    line = torch.tensor([[0.0, 0, 0], [1, 0, 0], [3, 0, 0], [7, 0, 0]])
    torch.testing.assert_close(spacing(line), torch.tensor([11 / 3, 3.0, 3.0, 17 / 3]))
    assert spacing(line[:1]) > 0
