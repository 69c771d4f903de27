"""Exposure and white balance of photos."""

import pytest
import torch

from pad_nerfstudio.data.common_look import in_common_look
from pad_nerfstudio.data.photo_light import PhotoLight
from pad_nerfstudio.fields.photo_colors import PhotoColors, fitted_colors

WHITE = torch.ones(3)


@pytest.fixture
def colors() -> PhotoColors:
    torch.manual_seed(0)
    colors = PhotoColors(5)
    colors.log_gain.data.uniform_(-0.3, 0.5)
    colors.bias.data.uniform_(-0.1, 0.2)
    return colors


def test_on_average_nothing_is_changed(colors: PhotoColors) -> None:
    gain, bias = colors.gains_and_biases()
    torch.testing.assert_close(gain.log().mean(0), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(bias.mean(0), torch.zeros(3), atol=1e-6, rtol=0)
    assert float(colors.caution()) > 0 == float(PhotoColors(3).caution())


def test_what_a_photo_shows_can_be_undone_and_the_background_stays(colors: PhotoColors) -> None:
    opacity = torch.linspace(0, 1, 24)[:, None]
    rgb = opacity * (0.3 + 0.3 * torch.rand(24, 3)) + (1 - opacity) * WHITE
    shown = colors(rgb, torch.full((24,), 2), opacity, WHITE)
    assert not torch.allclose(shown, rgb, atol=0.02) and torch.allclose(shown[0], WHITE)
    back = in_common_look(shown.detach().view(4, 6, 3), colors.lights()[2], opacity.view(4, 6), WHITE)
    torch.testing.assert_close(back.view(24, 3), rgb, atol=1e-5, rtol=0)


def test_light_is_learnt_from_photos_that_differ() -> None:
    colors, gains = PhotoColors(3), torch.tensor([0.8, 1.0, 1.25])
    optimizer = torch.optim.Adam(colors.parameters(), lr=0.02)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        rgb, photo = torch.rand(256, 3, generator=generator), torch.randint(3, (256,), generator=generator)
        shown = colors(rgb, photo, torch.ones(256, 1), None)
        loss = (shown - gains[photo, None] * rgb).square().mean() + colors.caution()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    gain, _ = colors.gains_and_biases()
    torch.testing.assert_close(gain, gains[:, None].expand(3, 3), atol=0.05, rtol=0)


def test_fitted_colors_are_those_of_the_truth() -> None:
    rgb = 0.2 + 0.4 * torch.rand(8, 9, 3)
    truth = rgb * torch.tensor([0.8, 1.1, 1.3]) + torch.tensor([0.1, 0.0, -0.1])
    torch.testing.assert_close(fitted_colors(rgb, truth), truth, atol=1e-5, rtol=0)
    unchanged = PhotoLight((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    assert in_common_look(rgb, unchanged, torch.ones(8, 9), WHITE).equal(rgb)
