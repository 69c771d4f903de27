"""The metrics of judged scenes as tables, for the terminal, the report and other documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from pad_nerfstudio.odd_one_out.evaluation import METRIC_NAMES
from pad_nerfstudio.reporting.result_table import Cell, ResultTable

TITLES = {"auc": "AUC", "accuracy": "accuracy", "mean_iou": "box IoU", "recall": "recall"}
"""What each metric is called where people read it."""
MEANINGS = {
    "auc": "how often an anomalous object scores above a normal one, those of all scenes pooled",
    "accuracy": "share of the true objects that are found with a box IoU over 0.5 and have the right verdict",
    "mean_iou": "mean over the true objects that a box was found for",
    "recall": "share of the true objects that are found with a box IoU over 0.5",
}
"""One line on each metric."""
COLUMNS = ("objects", "anomalous", *TITLES.values(), "s / scene")
"""Below which figures stand; kinds of anomaly share scenes, so they have no seconds."""


def scene_tables(summary: Mapping[str, Any]) -> list[ResultTable]:
    """Metrics by number of views; then, with the most views, by number of objects and by kind of anomaly.

    Args:
        summary: the content of `metrics.json`
    """
    views, most = summary["views"], list(summary["views"])[-1]
    suffix = f", {most} views"
    return [
        _table("views", "views", "By number of views", {n: found["overall"] for n, found in views.items()}),
        _table("object_counts", "count", f"By number of objects{suffix}", views[most]["object_counts"]),
        _table("kinds", "kind", f"By kind of anomaly{suffix}", views[most]["kinds"]),
    ]


def missing_metrics(summary: Mapping[str, Any]) -> list[str]:
    """Why figures over all scenes are missing, a sentence each."""
    reasons = [found["overall"]["reasons"] for found in summary["views"].values()]
    return list(dict.fromkeys(f"{TITLES[name]}: {why}." for missing in reasons for name, why in missing.items()))


def _table(name: str, head: str, title: str, figures: Mapping[str, Mapping[str, Any]]) -> ResultTable:
    digits, rows = (0, 0, 0, 1, 1, 1, 1, 2), [_row(key, found) for key, found in figures.items()]
    width = len(digits) if name != "kinds" else len(digits) - 1
    return ResultTable(name, title, (head, *COLUMNS)[:width], [row[:width] for row in rows], digits[:width])


def _row(name: str, found: Mapping[str, Any]) -> Sequence[Cell]:
    """Counts, metrics in percent, seconds."""
    percents = [None if found[metric] is None else 100 * found[metric] for metric in METRIC_NAMES]
    return [name, float(found["n_objects"]), float(found["n_anomalous"]), *percents, found.get("seconds_per_scene")]
