"""Numbers among the options of localisation and scoring lie where they mean something."""

import math
from dataclasses import fields, replace

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.inversion import InversionConfig
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.options import INVERSION_RANGES, LOCALIZER_RANGES, check_localizer_options


def numbers(config: object) -> set[str]:
    return {f.name for f in fields(config) if type(getattr(config, f.name)) in (int, float)}  # type: ignore[arg-type]


def test_every_number_has_a_range_that_holds_its_default() -> None:
    assert numbers(LocalizerConfig()) == set(LOCALIZER_RANGES)
    assert numbers(InversionConfig()) == set(INVERSION_RANGES)
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
