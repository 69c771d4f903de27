"""Reflectance forgives light and keeps edges."""

import torch

from pad_nerfstudio.anomaly.retinex import reflectance


def test_dimmer_light_is_forgiven_and_a_stain_is_not() -> None:
    image = 0.3 + 0.5 * torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    falling = torch.linspace(0.95, 0.75, 64).expand(64, 64)
    stained = image.clone()
    stained[:, 30:34, 30:34] = 0.05
    dimmed = (reflectance(image * falling) - reflectance(image)).abs()
    assert float(dimmed.mean()) < 0.2 * float((image - image * falling).abs().mean())
    assert float((reflectance(stained) - reflectance(image))[:, 31:33, 31:33].abs().mean()) > 0.2


def test_black_and_white_are_finite_and_in_range() -> None:
    for value in (0.0, 1.0):
        found = reflectance(torch.full((3, 16, 16), value))
        assert torch.allclose(found, torch.tensor(0.5))
