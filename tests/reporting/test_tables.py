"""Figures as people read them."""

import io

from rich.console import Console

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.reporting.tables import MEANINGS, TITLES, metric_rows, metrics_table, percent

FIGURES = {"n": 3, **{name: 0.5 for name in METRIC_NAMES}, "aupro": None}


def test_rows_end_with_the_whole() -> None:
    rows = metric_rows({"kinds": {"[bold]Burrs": FIGURES}, "overall": {**FIGURES, "n": 5}})
    assert [row[0] for row in rows] == ["[bold]Burrs", "all"]
    assert rows[1][1] == ["5", "50.0", "50.0", "50.0", "–", "50.0", "50.0", "50.0"]


def test_every_metric_has_a_title_and_a_meaning() -> None:
    assert set(TITLES) == set(MEANINGS) == set(METRIC_NAMES)
    assert percent(0.99951) == "100.0" and percent(None) == "–"


def test_the_terminal_shows_kinds_as_they_are_named() -> None:
    console = Console(file=io.StringIO(), width=160)
    console.print(metrics_table({"kinds": {"[bold]Burrs": FIGURES}, "overall": FIGURES}))
    assert "[bold]Burrs" in console.file.getvalue()
