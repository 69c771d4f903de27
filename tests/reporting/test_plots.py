"""Plots are well-formed and show what they are given."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from pad_nerfstudio.reporting.plot_frame import LEFT, RIGHT, WIDTH, Frame
from pad_nerfstudio.reporting.plots import curve_plot, histogram, roc_plot


def counted(drawing: str) -> int:
    """How many values the bars' hints count."""
    bars = ElementTree.fromstring(drawing).iter("rect")
    return sum(int((bar.findtext("title") or "").split(": ")[1].split(" ")[0]) for bar in bars)


@pytest.mark.parametrize(
    "scores",
    [
        {"normal": [0.1, 0.1, 0.2], "anomalous": [0.2, 0.9]},
        {"normal": [0.1, 1.0, 2.0], "anomalous": [30.0, 900.0]},
        {"normal": [0.0, 1e-9, 2.0], "anomalous": [30.0, 900.0]},
        {"normal": [-1.0, -1e-9, 2.0], "anomalous": [30.0, 900.0]},
    ],
)
def test_histogram_counts_every_score_once(scores: dict[str, list[float]]) -> None:
    drawing = histogram(scores, mark=0.5, mark_name="a<b")
    assert counted(drawing) == 5
    assert any(line.get("class") == "mark" for line in ElementTree.fromstring(drawing).iter("line"))


def test_scores_that_span_orders_of_magnitude_are_drawn_by_their_logarithm() -> None:
    wide = ElementTree.fromstring(histogram({"normal": [1.0, 10.0, 1000.0]}, None))
    texts = [text.text for text in wide.iter("text")]
    assert {"1", "10", "100", "1000"} <= set(texts)
    places = [float(bar.get("x") or 0) for bar in wide.iter("rect")]
    assert (places[2] - places[1]) / (places[1] - places[0]) == pytest.approx(2, abs=0.2)


def test_a_logarithmic_axis_is_even_in_factors() -> None:
    frame = Frame((0.1, 1000.0), (0.0, 1.0), log_x=True)
    assert frame.x(0.1) == LEFT and frame.x(1000.0) == WIDTH - RIGHT
    assert frame.x(10.0) == pytest.approx((frame.x(0.1) + frame.x(1000.0)) / 2)
    assert frame.x(math.sqrt(10.0) * 10) - frame.x(10.0) == pytest.approx((frame.x(100.0) - frame.x(10.0)) / 2)


def test_equal_or_no_scores_are_drawn_too() -> None:
    ElementTree.fromstring(histogram({"normal": [0.0, 0.0]}, None))
    assert histogram({"normal": []}, None) == "" and roc_plot({}) == ""


def test_roc_curve_is_drawn_above_chance() -> None:
    corner = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]))
    picture = ElementTree.fromstring(roc_plot({"all": corner, "a<b": corner}))
    assert [path.get("class") for path in picture.iter("path")] == ["chance", "curve thin", "curve"]


def test_a_curve_fills_its_axis_up_to_the_limit() -> None:
    curve = (np.array([0.0, 0.3]), np.array([0.0, 1.0]))
    (path,) = ElementTree.fromstring(curve_plot({"all": curve}, ("<x>", "y"), 0.3)).iter("path")
    assert (path.get("d") or "").startswith(f"M{LEFT:.1f},") and f"L{WIDTH - RIGHT:.1f}," in (path.get("d") or "")
