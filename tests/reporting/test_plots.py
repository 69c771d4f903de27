"""Plots are well-formed and show what they are given."""

from xml.etree import ElementTree

import numpy as np

from pad_nerfstudio.reporting.plots import histogram, roc_plot


def test_histogram_counts_every_score_once() -> None:
    scores = {"normal": [0.1, 0.1, 0.2], "anomalous": [0.2, 0.9]}
    picture = ElementTree.fromstring(histogram(scores, threshold=0.5))
    titles = [bar.findtext("title") or "" for bar in picture.iter("rect")]
    counted = [int(title.split(": ")[1].split(" ")[0]) for title in titles]
    assert sum(counted) == 5
    assert any(line.get("class") == "mark" for line in picture.iter("line"))


def test_equal_or_no_scores_are_drawn_too() -> None:
    ElementTree.fromstring(histogram({"normal": [0.0, 0.0]}, None))
    assert histogram({"normal": []}, None) == "" and roc_plot({}) == ""


def test_roc_curve_is_drawn_above_chance() -> None:
    corner = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]))
    picture = ElementTree.fromstring(roc_plot({"all": corner, "a<b": corner}))
    assert [path.get("class") for path in picture.iter("path")] == ["chance", "curve thin", "curve"]
