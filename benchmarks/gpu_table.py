"""The figures of `gpu.py` as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

TRAINING = {
    "toy": "toy",
    "method": "method",
    "to_30_db": "to 30 dB",
    "to_33_db": "to 33 dB",
    "to_35_db": "to 35 dB",
    "psnr": "PSNR",
    "steps": "steps",
    "training_seconds": "training s",
    "peak_gigabytes": "GPU GB",
    "reason": "",
}
QUERIES = {
    "toy": "toy",
    "method": "field",
    "preset": "preset",
    "queries": "queries",
    "seconds_per_query": "s a query",
    "auc_5_degrees": "AUC@5deg",
    "auc_005": "AUC@0.05",
    "image_auroc": "image AUROC",
    "pixel_auroc": "pixel AUROC",
    "scoring_seconds_per_query": "scoring s a query",
    "whole_job_seconds": "whole job s",
    "peak_gigabytes": "GPU GB",
    "reason": "",
}
"""Key of a row -> heading."""


def markdown(rows: Sequence[Mapping[str, Any]], made_with: str) -> str:
    """Two tables: of training, and of localising and scoring.

    Args:
        rows: each with a `kind`, `training`, `queries` or another, and the keys of the table of that kind
        made_with: command and versions, in a sentence
    """
    parts = [made_with]
    for kind, columns in (("training", TRAINING), ("queries", QUERIES)):
        some = [row for row in rows if row["kind"] == kind]
        parts.append("\n".join(_lines(some, columns)))
    others = [
        f"- {row['kind']}: {row['reason'] or 'done'}" for row in rows if row["kind"] not in ("training", "queries")
    ]
    return "\n\n".join([*parts, "\n".join(others)]).rstrip() + "\n"


def _lines(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    heading = [f"| {' | '.join(columns.values())} |", f"|{'---|' * len(columns)}"]
    return [*heading, *(f"| {' | '.join(_shown(row.get(key)) for key in columns)} |" for row in rows)]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "/")
