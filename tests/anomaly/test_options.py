"""Numbers among the options of scoring lie where they mean something."""

from dataclasses import fields

import pytest

from pad_nerfstudio.anomaly.options import SCORING_RANGES, check_scoring_options
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.errors import UserError


def test_every_number_has_a_range_that_holds_its_default() -> None:
    defaults = ScoringSettings()
    numbers = {f.name for f in fields(defaults) if type(getattr(defaults, f.name)) in (int, float)}
    assert numbers == set(SCORING_RANGES)
    check_scoring_options(defaults)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(UserError, match=f"--false-positive-rate {rate}: out of range; give one between 0 and 1"):
        check_scoring_options(ScoringSettings(false_positive_rate=rate))


def test_views_are_counted_from_zero() -> None:
    check_scoring_options(ScoringSettings(nearby_views=0))
    with pytest.raises(UserError, match="--nearby-views -1: out of range; give 0 or more"):
        check_scoring_options(ScoringSettings(nearby_views=-1))
