"""Numbers among the options of localisation and scoring lie where they mean something."""

import math
from dataclasses import fields, replace
from pathlib import Path

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.inversion import InversionConfig
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.options import INVERSION_RANGES, LOCALIZER_RANGES, SIFT_RANGES, check_localizer_options
from pad_nerfstudio.localization.sift_retrieval import SiftConfig


def numbers(config: object) -> set[str]:
    return {f.name for f in fields(config) if type(getattr(config, f.name)) in (int, float)}  # type: ignore[arg-type]


def test_every_number_has_a_range_that_holds_its_default() -> None:
    assert numbers(LocalizerConfig()) == set(LOCALIZER_RANGES)
    assert numbers(InversionConfig()) == set(INVERSION_RANGES)
    assert numbers(SiftConfig()) == set(SIFT_RANGES)
    check_localizer_options(LocalizerConfig())


@pytest.mark.parametrize("name", LOCALIZER_RANGES)
def test_what_lies_outside_is_refused_with_the_option_s_name(name: str) -> None:
    config = replace(LocalizerConfig(), **{name: int(LOCALIZER_RANGES[name].least) - 1})
    with pytest.raises(UserError, match=rf"^--{name.replace('_', '-')} -?\d+: out of range; give "):
        check_localizer_options(config)


@pytest.mark.parametrize("name", INVERSION_RANGES)
def test_options_of_the_inversion_carry_their_prefix(name: str) -> None:
    config = replace(InversionConfig(), **{name: int(INVERSION_RANGES[name].least) - 1})
    with pytest.raises(UserError, match=rf"^--inversion\.{name.replace('_', '-')} -?\d+: out of range; give "):
        check_localizer_options(LocalizerConfig(inversion=config))


def test_a_bound_counts_where_it_means_something() -> None:
    check_localizer_options(LocalizerConfig(hypotheses=1, rendered_views=0, finest_renders=0, doubt=math.inf))
    for tolerance in (0.0, math.inf, math.nan):
        with pytest.raises(UserError, match="--tolerance .* give a finite number above 0"):
            check_localizer_options(LocalizerConfig(tolerance=tolerance))
    with pytest.raises(UserError, match="--doubt nan"):
        check_localizer_options(LocalizerConfig(doubt=math.nan))


def test_weights_are_for_a_network_alone() -> None:
    check_localizer_options(LocalizerConfig(retrieval="efficientnet_b4", weights=Path("w.pth")))
    with pytest.raises(UserError, match="--weights w.pth: --retrieval sift has none; leave the option out"):
        check_localizer_options(LocalizerConfig(retrieval="sift", weights=Path("w.pth")))
    with pytest.raises(UserError, match=r"^--sift\.ratio 1\.5: out of range"):
        check_localizer_options(LocalizerConfig(sift=SiftConfig(ratio=1.5)))
