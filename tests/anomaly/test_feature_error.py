"""Errors of feature maps."""

import pytest
import torch

from pad_nerfstudio.anomaly.comparison import BY_FEATURES, FeatureOptions, comparison_named
from pad_nerfstudio.anomaly.feature_error import (
    FeatureError,
    layer_error,
    product_of_layers,
    stacked_norm,
    summed_layers,
)
from pad_nerfstudio.anomaly.squared_error import squared_error
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.pixels import Pixels
from tests.anomaly.fakes import square

NONE = torch.empty(0, 64, 64, 3)


def random_layers(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(3, 8, 8, generator=generator), torch.rand(5, 4, 4, generator=generator)]


def test_a_shift_is_forgiven_up_to_its_size() -> None:
    ours = random_layers(0)[0]
    moved = ours.roll((1, -1), dims=(1, 2))
    inner = (slice(2, -2), slice(2, -2))
    assert layer_error(ours, moved, 0)[inner].min() > 0
    assert layer_error(ours, moved, 1)[inner].max() == 0
    assert (layer_error(ours, moved, 1) <= layer_error(ours, moved, 0)).all()


def test_both_sums_agree_with_loops_over_pixels() -> None:
    ours, theirs = random_layers(1), random_layers(2)
    same = [layer[:, :4, :4] for layer in ours], [layer[:, :4, :4] for layer in theirs]
    for y in range(4):
        for x in range(4):
            differences = [(a[:, y, x] - b[:, y, x]) for a, b in zip(*same, strict=True)]
            assert summed_layers(*same, 4, 0)[y, x] == pytest.approx(sum(float((d**2).mean()) for d in differences))
            assert stacked_norm(*same, 4, 0)[y, x] == pytest.approx(float(torch.cat(differences).norm()), rel=1e-5)


def test_a_product_needs_both_cues_in_the_same_layer() -> None:
    ours, theirs = random_layers(1), random_layers(2)
    same = ([layer[:, :4, :4] for layer in layers] for layers in (ours, theirs))
    a, b = same
    found = product_of_layers([(a, b), (b, a)], 4, 0)
    slow = sum(((x - y) ** 2).mean(dim=0) ** 2 for x, y in zip(a, b, strict=True))
    assert torch.allclose(found, torch.as_tensor(slow), rtol=1e-5)
    assert float(product_of_layers([(a, b), (a, a)], 4, 0).abs().max()) == 0.0
    assert float(product_of_layers([([a[0], a[1]], [b[0], a[1]]), ([a[0], a[1]], [a[0], b[1]])], 4, 0).max()) == 0.0


def test_layers_of_pixels_are_the_published_pixel_term() -> None:
    reference = square(64, 64)
    query = reference.rgb.clone()
    query[20:30, 20:30] = 0.3
    found = FeatureError(Pixels())(query, reference, NONE)
    torch.testing.assert_close(found, squared_error(query, reference, NONE), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(BY_FEATURES))
def test_options_reach_the_comparison(name: str) -> None:
    found = comparison_named(name, FeatureOptions("pixels", shift=2))
    assert isinstance(found, FeatureError) and found.shift == 2 and isinstance(found.extractor, Pixels)


def test_feature_options_are_refused_where_they_mean_nothing() -> None:
    with pytest.raises(UserError, match="--extractor, --weights and --shift"):
        comparison_named("lab-envelope", FeatureOptions("pixels"))
