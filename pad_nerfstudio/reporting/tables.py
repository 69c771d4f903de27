"""The metrics of a run as tables, for the terminal, the report and other documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.fused.parts import FusedPart
from pad_nerfstudio.reporting.result_table import MISSING, Cell, ResultTable
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


def metrics_table(metrics: Mapping[str, Any]) -> ResultTable:
    """Counts and metrics in percent, a row per kind of defect and one for all.

    Args:
        metrics: what `evaluate` says in figures
    """
    figures = [*metrics["kinds"].items(), ("all", metrics["overall"])]
    rows = [[kind, float(row["n"]), *(_in_percent(row[name]) for name in METRIC_NAMES)] for kind, row in figures]
    columns, digits = ["kind", "n", *(TITLES[name] for name in METRIC_NAMES)], [0, 0, *(1 for _ in METRIC_NAMES)]
    return ResultTable("metrics", "Metrics in percent", columns, rows, digits, summary_rows=1)


def parts_table(parts: Sequence[FusedPart]) -> ResultTable:
    """Fused scores of parts beside those of their photos."""
    columns = ("part", "photos", "fused", "fused score", "highest of a photo")
    rows: list[list[Cell]] = []
    for part in parts:
        scores = [None if part.volume is None else part.volume.score, max(part.scores, default=None)]
        shown = [None if score is None else short_number(score) for score in scores]
        rows.append([part.part_id, float(len(part.scores)), float(part.count), *shown])
    return ResultTable("parts", "Parts", columns, rows, (0,) * len(columns))


def percent(value: float | None) -> str:
    """A figure in [0, 1] as percent with one decimal, a dash where there is none."""
    return MISSING if value is None else f"{100 * value:.1f}"


def _in_percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
