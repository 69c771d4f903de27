"""Colours in which objects stand out from the floor."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_nerfstudio.odd_one_out.training_free.color_stretch import NOISE, SPREAD, color_stretch


def dim_floor(seed: int = 0) -> torch.Tensor:
    """Greys of a dim room: bright and dark, with hardly any hue."""
    draws = torch.Generator().manual_seed(seed)
    grey = 0.2 + 0.1 * torch.randn(5000, 1, generator=draws).clamp(-1.5, 1.5)
    return (grey + 0.005 * torch.randn(5000, 3, generator=draws)).clamp(0, 1)


def test_a_hue_stands_out_from_greys() -> None:
    stretched = color_stretch(dim_floor())
    grey, brown = torch.tensor([0.2, 0.2, 0.2]), torch.tensor([0.23, 0.2, 0.17])
    before, after = (grey - brown).norm(), (stretched(grey) - stretched(brown)).norm()
    assert after > 3 * before


def test_noise_grows_no_more_than_is_said() -> None:
    gains = torch.linalg.eigvalsh(color_stretch(dim_floor()).matrix)
    assert 0 < gains.min() and gains.max() <= SPREAD / NOISE + 1e-4


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_mixtures_stay_mixtures(seed: int, share: float) -> None:
    stretched = color_stretch(dim_floor(seed))
    a, b = torch.tensor([0.25, 0.2, 0.22]), torch.tensor([0.15, 0.18, 0.2])
    mixed = share * stretched(a) + (1 - share) * stretched(b)
    torch.testing.assert_close(stretched(share * a + (1 - share) * b), mixed, atol=1e-5, rtol=0)


def test_the_light_makes_no_difference_where_noise_is_small() -> None:
    floor = dim_floor()
    wide = torch.rand(5000, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(color_stretch(wide)(wide).std(dim=0), torch.full((3,), SPREAD), atol=0.01, rtol=0)
    assert float(color_stretch(floor)(floor).min()) >= 0 and float(color_stretch(floor)(floor).max()) <= 1


def test_one_color_alone() -> None:
    white = torch.ones(4, 3)
    torch.testing.assert_close(color_stretch(white)(white), torch.full((4, 3), 0.5))
