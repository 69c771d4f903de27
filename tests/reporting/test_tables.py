"""Figures as people read them."""

import io

from rich.console import Console

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.fused.parts import FusedPart
from pad_nerfstudio.reporting.printed_table import printed_table
from pad_nerfstudio.reporting.tables import MEANINGS, TITLES, metrics_table, parts_table, percent

FIGURES = {"n": 3, **{name: 0.5 for name in METRIC_NAMES}, "aupro": None}


def test_rows_end_with_the_whole() -> None:
    table = metrics_table({"kinds": {"[bold]Burrs": FIGURES}, "overall": {**FIGURES, "n": 5}})
    assert [row[0] for row in table.texts] == ["[bold]Burrs", "all"] and table.summary_rows == 1
    assert table.texts[1][1:] == ["5", "50.0", "50.0", "50.0", "–", "50.0", "50.0", "50.0"]


def test_parts_without_a_volume_have_no_fused_score() -> None:
    assert parts_table([FusedPart("gear", None, (1.0, 2.5), 0)]).texts == [["gear", "2", "0", "–", "2.5"]]


def test_every_metric_has_a_title_and_a_meaning() -> None:
    assert set(TITLES) == set(MEANINGS) == set(METRIC_NAMES)
    assert percent(0.99951) == "100.0" and percent(None) == "–"


def test_the_terminal_shows_kinds_as_they_are_named() -> None:
    console = Console(file=io.StringIO(), width=160)
    console.print(printed_table(metrics_table({"kinds": {"[bold]Burrs": FIGURES}, "overall": FIGURES})))
    assert isinstance(console.file, io.StringIO) and "[bold]Burrs" in console.file.getvalue()
