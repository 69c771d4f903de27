"""The metrics as a table, for the terminal and for the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.fused.parts import FusedPart
from pad_nerfstudio.short_number import short_number

TITLES = {
    "image_auroc": "image AUROC",
    "pixel_auroc": "pixel AUROC",
    "seg_pixel_auroc": "pixel AUROC in box",
    "aupro": "AUPRO",
    "pixel_ap": "pixel AP",
    "image_f1_max": "image F1",
    "pixel_f1_max": "pixel F1",
}
"""What each metric is called where people read it."""

MEANINGS = {
    "image_auroc": "how often a defective query scores above a good one",
    "pixel_auroc": "the same for pixels; high for any method, since most pixels are background",
    "seg_pixel_auroc": "pixel AUROC inside the object's bounding box only",
    "aupro": "how much of each defect is covered, whatever its size, up to 30% false positive pixels",
    "pixel_ap": "area under precision and recall of the pixels; the strictest of all",
    "image_f1_max": "F1 of the verdicts at the best threshold",
    "pixel_f1_max": "F1 of the masks at the best threshold",
}
"""One line on each metric."""


def metric_rows(metrics: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Rows of the table: (kind, [number of queries, figures in percent in the order of `METRIC_NAMES`]).

    Args:
        metrics: what `evaluate` returns; the last row is the overall one
    """
    figures = [*metrics["kinds"].items(), ("all", metrics["overall"])]
    return [(kind, [str(row["n"]), *(percent(row[name]) for name in METRIC_NAMES)]) for kind, row in figures]


def percent(value: float | None) -> str:
    """A figure in [0, 1] as percent with one decimal, a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f}"


def metrics_table(metrics: Mapping[str, Any]) -> Table:
    """The metrics as a table for the terminal."""
    table = Table(title="Metrics in percent")
    table.add_column("kind")
    table.add_column("n", justify="right")
    for name in METRIC_NAMES:
        table.add_column(TITLES[name], justify="right")
    rows = metric_rows(metrics)
    for kind, cells in rows[:-1]:
        table.add_row(escape(kind), *cells)
    table.add_section()
    table.add_row(rows[-1][0], *rows[-1][1], style="bold")
    return table


def parts_table(parts: Sequence[FusedPart]) -> Table:
    """Fused scores of parts as a table for the terminal."""
    table = Table(title="Parts")
    table.add_column("part")
    for name in ("photos", "fused", "fused score", "highest of a photo"):
        table.add_column(name, justify="right")
    for part in parts:
        fused = "–" if part.volume is None else short_number(part.volume.score)
        highest = short_number(max(part.scores)) if part.scores else "–"
        table.add_row(escape(part.part_id), str(len(part.scores)), str(part.count), fused, highest)
    return table
