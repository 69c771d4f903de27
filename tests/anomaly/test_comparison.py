"""What each comparison must see and must not see."""

import pytest
import torch

from pad_nerfstudio.anomaly.comparison import BY_FEATURES, COMPARISONS, FeatureOptions, comparison_named
from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.rendering import Rendering, stacked
from tests.anomaly.fakes import square

NONE = torch.empty(0, 64, 64, 3)


def half_pixel_shifted(rgb: torch.Tensor) -> torch.Tensor:
    """The image moved by half a pixel: every edge is blended."""
    return 0.5 * (rgb + rgb.roll(1, dims=1))


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_equal_images_score_nothing_and_a_patch_scores_at_its_place(name: str) -> None:
    reference = square(64, 64)
    compare = comparison_named(name)
    # the network gives a chance, which is never quite nothing
    assert float(compare(reference.rgb, reference, NONE).max()) < (0.1 if name == "learned" else 1e-6)
    query = reference.rgb.clone()
    query[28:36, 20:28] = torch.tensor([0.0, 0.2, 0.8])
    found = compare(query, reference, NONE)
    assert found.shape == (64, 64)
    row, column = divmod(int(found.argmax()), 64)
    assert 27 <= row <= 36 and 19 <= column <= 28


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_several_queries_at_once_are_each_alone(name: str) -> None:
    random, reference = torch.Generator().manual_seed(0), square(64, 64)
    queries = (reference.rgb + 0.1 * torch.randn(3, 64, 64, 3, generator=random)).clamp(0, 1)
    others = (reference.rgb + 0.05 * torch.randn(3, 2, 64, 64, 3, generator=random)).clamp(0, 1)
    others[1, :, 20:40, 20:40] = reference.rgb[20:40, 20:40]  # which no photo sees
    options = FeatureOptions(shift=1) if name in BY_FEATURES else None
    compare = comparison_named(name, options)
    together = compare(queries, stacked([reference] * 3), others)
    for query, alternatives, found in zip(queries, others, together, strict=True):
        torch.testing.assert_close(found, compare(query, reference, alternatives), rtol=1e-4, atol=1e-5)


def test_an_edge_off_by_half_a_pixel_is_normal_but_a_missing_corner_is_not() -> None:
    reference = square(64, 64)
    shifted = float(lab_envelope(half_pixel_shifted(reference.rgb), reference, NONE).max())
    broken = reference.rgb.clone()
    broken[16:22, 16:22] = 1.0
    assert shifted < 0.02 * float(lab_envelope(broken, reference, NONE).max())


def test_without_the_window_the_edge_that_is_off_counts() -> None:
    reference = square(64, 64)
    query = half_pixel_shifted(reference.rgb)
    with_window, without = (float(lab_envelope(query, reference, NONE, window=w).max()) for w in (1.0, 0.0))
    assert without > 10 * with_window


def test_what_a_nearby_photo_shows_is_normal() -> None:
    reference = square(64, 64)
    highlight = reference.rgb.clone()
    highlight[28:34, 28:34] = 0.95
    assert float(lab_envelope(highlight, reference, NONE).max()) > 0.05
    assert float(lab_envelope(highlight, reference, highlight[None]).max()) < 1e-6


def test_dark_toys_count_as_much_as_light_ones() -> None:
    scores = []
    for shade in (0.05, 0.7):
        reference = Rendering(torch.full((64, 64, 3), shade), torch.ones(64, 64), torch.ones(64, 64))
        query = reference.rgb.clone()
        query[30:36, 30:36] += 0.1
        scores.append(float(lab_envelope(query, reference, NONE).max()))
    assert 0.5 < scores[0] / scores[1] < 2.0


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="lab-envelope, squared-error"):
        comparison_named("nothing")
