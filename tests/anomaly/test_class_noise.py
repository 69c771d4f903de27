"""Maps of normal views come back in standard units."""

import math
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_nerfstudio.anomaly.class_noise import ClassNoise, ClassSums, at_one_level, class_sums, shrunk_variances
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.pixel_class import PixelClass, pixel_classes
from pad_nerfstudio.models.rendering import Rendering

SIDE = 160
DEVIATIONS = torch.tensor([0.001, 0.004, 0.01, 0.05, 0.02, 0.03])


@cache
def all_classes() -> ExpectedView:
    """A view with stripes of every class."""
    rgb = torch.full((SIDE, SIDE, 3), 0.5)
    rgb[40:70] = torch.rand(30, SIDE, 3, generator=torch.Generator().manual_seed(0))
    depth = torch.full((SIDE, SIDE), 3.0)
    depth[70:100] = 1.0 + torch.arange(SIDE) * 0.05
    spread = torch.zeros(SIDE, SIDE)
    spread[100:130] = 0.3
    accumulation = torch.zeros(SIDE, SIDE)
    accumulation[10:-10, 10:-10] = 1.0
    doubted = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    doubted[20:36] = True
    return ExpectedView(Rendering(rgb, depth, accumulation), spread, doubted, 180.0)


def drawn(seed: int) -> torch.Tensor:
    """The absolute value of normal noise with the standard deviation of each pixel's class."""
    noise = torch.randn(SIDE, SIDE, generator=torch.Generator().manual_seed(seed)).abs()
    return noise * DEVIATIONS[pixel_classes(all_classes())]


def sums(squares: list[float], pixels: list[float]) -> ClassSums:
    return ClassSums(torch.tensor(squares, dtype=torch.float64), torch.tensor(pixels, dtype=torch.float64))


def test_known_noise_of_each_class_comes_back_with_unit_variance() -> None:
    fitted = ClassNoise.fitted([class_sums(drawn(seed), all_classes()) for seed in range(8)])
    assert torch.allclose(fitted.deviations, DEVIATIONS, rtol=0.1)
    classes, expected = pixel_classes(all_classes()), fitted.expected(all_classes())
    assert set(classes.unique().tolist()) == set(PixelClass)
    unit = torch.stack([fitted.normalised(drawn(seed), all_classes()) for seed in range(100, 108)])
    for one in PixelClass:
        own = DEVIATIONS[one]
        inside = (classes == one) & (expected > 0.98 * own) & (expected < 1.02 * own)
        if one != PixelClass.EDGE:
            assert int(inside.sum()) > 200
        if inside.any():
            assert float(unit[:, inside].square().mean()) == pytest.approx(1.0, abs=0.25)
    near = class_sums(drawn(0), all_classes()).pixels
    assert float(near.min()) > 0


def test_a_class_that_one_strange_view_shows_is_pulled_to_the_common_level() -> None:
    usual = [
        sums([4.0, 9.0, 100.0 if view == 0 else 0.0], [100.0, 100.0, 1.0 if view == 0 else 0.0]) for view in range(9)
    ]
    steady, shaky = shrunk_variances(usual)[:2], shrunk_variances(usual)[2]
    # the strange view counts in the level
    assert torch.allclose(steady, torch.tensor([0.04, 0.09], dtype=torch.float64), rtol=0.2)
    assert 0.03 < float(shaky) < 100.0


def test_one_bad_view_does_not_say_how_classes_differ() -> None:
    good = [sums([1.0 + view, 9.0 + view], [100.0, 100.0]) for view in (0.0, 0.1, 0.2, 0.3, 0.4)]
    found = shrunk_variances([*good, sums([500.0, 500.0], [100.0, 100.0])])
    assert float(found[1] / found[0]) > 3
    assert float(found.max()) < 0.5


def test_views_at_one_level_keep_their_ratios_and_their_geometric_mean() -> None:
    views = [sums([4.0, 9.0], [100.0, 50.0]), sums([400.0, 100.0], [50.0, 100.0]), sums([0.0, 1.0], [10.0, 10.0])]
    levels = [[float(v.squares.sum() / v.pixels.sum()) for v in some] for some in (views, at_one_level(views))]
    assert levels[1] == pytest.approx([math.prod(levels[0]) ** (1 / 3)] * 3)
    for before, after in zip(views, at_one_level(views), strict=True):
        torch.testing.assert_close(before.squares / before.squares.sum(), after.squares / after.squares.sum())
    empty = sums([0.0, 0.0], [0.0, 0.0])
    with_empty = at_one_level([*views, empty])
    assert all(
        torch.equal(a.squares, b.squares) for a, b in zip(with_empty, [*at_one_level(views), empty], strict=True)
    )
    nothing = [sums([0.0, 0.0], [10.0, 10.0])] * 2
    assert all(not view.squares.any() for view in at_one_level(nothing))


def test_what_no_view_shows_and_what_one_view_says_is_the_common_level() -> None:
    unseen = shrunk_variances([sums([4.0 + view, 9.0 - view, 0.0], [100.0, 100.0, 0.0]) for view in (0.1, 0.2, 0.3)])
    assert unseen[0] < unseen[2] < unseen[1]
    alone = shrunk_variances([sums([4.0, 9.0], [100.0, 100.0])])
    assert alone.tolist() == pytest.approx([0.065, 0.065])


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(*[st.tuples(st.floats(0, 10), st.integers(0, 50)) for _ in range(3)]), min_size=1, max_size=6),
    st.floats(1e-3, 1e3),
)
def test_variances_are_finite_positive_and_scale_with_the_map(views: list, factor: float) -> None:
    observed = [sums([s * n for s, n in view], [float(n) for _, n in view]) for view in views]
    scaled = [ClassSums(one.squares * factor, one.pixels) for one in observed]
    found = shrunk_variances(observed)
    assert torch.isfinite(found).all() and (found > 0).all()
    if any(float(one.squares.sum()) > 1e-6 for one in observed):
        assert torch.allclose(shrunk_variances(scaled), found * factor, rtol=1e-3)


def test_perfect_views_change_nothing() -> None:
    fitted = ClassNoise.fitted([class_sums(torch.zeros(SIDE, SIDE), all_classes())] * 3)
    assert torch.allclose(fitted.normalised(drawn(0), all_classes()), drawn(0), rtol=1e-4)
    assert torch.equal(ClassNoise.from_list(fitted.as_list()).deviations, fitted.deviations)
