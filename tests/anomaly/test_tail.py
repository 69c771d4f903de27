"""The extrapolated threshold keeps its rate where its model holds, and says nothing where it cannot know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pad_nerfstudio.anomaly.tail import LEAST, exponential_tail_threshold


@pytest.mark.parametrize("rate", [0.05, 0.01])
@pytest.mark.parametrize("views", [11, 21, 51])
def test_an_exponential_tail_is_exceeded_as_often_as_asked(rate: float, views: int) -> None:
    random = np.random.default_rng(0)
    thresholds = [exponential_tail_threshold(random.exponential(size=views), rate) for _ in range(4000)]
    missed = np.mean(np.exp(-np.array(thresholds)))
    assert missed == pytest.approx(rate, rel=0.2)


def test_many_scores_give_the_exponential_quantile() -> None:
    scores = np.random.default_rng(0).exponential(size=200_000)
    assert exponential_tail_threshold(scores, 0.001) == pytest.approx(np.log(1000), rel=0.02)


@given(st.lists(st.floats(0, 100, width=32), min_size=LEAST, max_size=30, unique=True), st.floats(0.001, 0.04))
def test_rarer_is_higher_and_the_unit_does_not_matter(scores: list[float], rate: float) -> None:
    values = np.array(scores, np.float64)
    found, rarer = exponential_tail_threshold(values, rate), exponential_tail_threshold(values, rate / 2)
    assert found is not None and rarer is not None and rarer > found > np.median(values)
    assert exponential_tail_threshold(3.0 * values + 1.0, rate) == pytest.approx(3.0 * found + 1.0, rel=1e-9, abs=1e-9)


def test_few_or_equal_scores_have_no_tail() -> None:
    assert exponential_tail_threshold(np.arange(LEAST - 1.0), 0.01) is None
    assert exponential_tail_threshold(np.ones(30), 0.01) is None
