"""The threshold and the p-values keep what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pad_nerfstudio.anomaly.calibration import Calibration


@given(
    st.lists(st.floats(0, 100, width=32), min_size=1, max_size=60, unique=True),
    st.floats(0.01, 0.5),
    st.floats(-1, 101),
)
def test_the_verdict_is_the_p_value_against_the_rate(normal: list[float], rate: float, score: float) -> None:
    calibration = Calibration(np.array(normal, np.float64), rate)
    p_value, attained = calibration.p_value(score), calibration.attained_rate
    assert p_value is not None and attained is not None
    if score not in normal and not calibration.extrapolated:
        assert calibration.is_anomalous(score) == (p_value <= attained + 1e-12)


def test_nineteen_views_back_five_percent_and_eighteen_do_not() -> None:
    enough, short = Calibration(np.arange(19.0), 0.05), Calibration(np.arange(18.0), 0.05)
    assert enough.threshold == 18.0 and enough.attained_rate == 0.05 and enough.reason == ""
    assert not enough.extrapolated and enough.backing == "at a false positive rate of 0.05 by 19 normal views"
    assert short.extrapolated and short.threshold != 17.0 and short.attained_rate == pytest.approx(1 / 19)
    assert "18 held-out normal views" in short.reason and "needs 19" in short.reason
    assert "extrapolated from 18" in short.reason and "extrapolated from 18 normal views" in short.backing


def test_views_too_few_for_a_tail_give_their_largest_score() -> None:
    few = Calibration(np.arange(7.0), 0.01)
    assert not few.extrapolated and few.threshold == 6.0
    assert "extrapolated" not in few.reason and "0.12 by 7 normal views" in few.backing


def test_false_positives_stay_below_the_rate() -> None:
    random = np.random.default_rng(0)
    draws = random.standard_normal((4000, 40))
    false = [Calibration(draw[:39], 0.1).is_anomalous(float(draw[39])) for draw in draws]
    assert np.mean(false) == pytest.approx(0.1, abs=0.02)


def test_without_normal_views_nothing_is_claimed() -> None:
    nothing = Calibration(np.zeros(0), 0.05)
    assert nothing.threshold is None and nothing.p_value(1.0) is None and nothing.is_anomalous(1.0) is None
    assert "no held-out normal view" in nothing.reason
