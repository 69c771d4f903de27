"""A finished run as one text that programs read: JSON, CSV, HTML or Markdown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.fused.parts import FusedPart
from pad_nerfstudio.anomaly.outputs import score_rows
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.odd_one_out.scene_outputs import object_rows
from pad_nerfstudio.odd_one_out.scene_run import SceneRun
from pad_nerfstudio.reporting.format import Format
from pad_nerfstudio.reporting.result_table import ResultTable, as_markdown, in_markdown
from pad_nerfstudio.reporting.scene_tables import missing_metrics, scene_tables
from pad_nerfstudio.reporting.tables import metrics_table, parts_table
from pad_nerfstudio.short_number import short_number

MARKDOWN_QUERIES = 50
"""Rows of the table of queries in Markdown, the most anomalous first."""


def run_document(form: Format, run: ScoringRun, parts: Sequence[FusedPart] = ()) -> str:
    """What queries scored.

    Args:
        form: `json`: an object with `verdict`, `threshold`, `metrics` (the content of `metrics.json`), `queries` (the
            columns of `scores.csv`, unrounded, null where unknown), `parts`, `notes` and `files`; `csv`: `scores.csv`;
            `html`: `report.html`; `markdown`: verdict, metrics, parts, and the most anomalous queries
        run: finished, its files in place
        parts: physical parts, where photos were fused
    """
    output = run.output
    files = {"scores": output.scores_path, "metrics": output.metrics_path, "report": output.report_path}
    if form == "csv":
        return output.scores_path.read_text(encoding="utf-8")
    if form == "html":
        return output.report_path.read_text(encoding="utf-8")
    rows = list(score_rows(run.scores, run.calibration))
    if form == "json":
        found = {"threshold": run.calibration.threshold, "metrics": run.summary, "queries": rows}
        return _json(run.verdict, found | {"parts": [_part(part) for part in parts]}, run.sentences, files)
    tables = [metrics_table(run.summary), *([parts_table(parts)] if parts else []), _queries_table(rows)]
    return _markdown(str(run.summary["object"]), run.verdict, run.sentences, tables)


def scenes_document(form: Format, run: SceneRun) -> str:
    """What was found in scenes.

    Args:
        form: `json`: an object with `verdict`, `metrics` (the content of `metrics.json`), `objects` (the columns of
            `objects.csv`, unrounded, null where unknown), `notes` and `files`; `csv`: `objects.csv`; `html`:
            `report.html`; `markdown`: verdict and metrics
        run: finished, its files in place
    """
    output = run.output
    files = {"objects": output.objects_path, "metrics": output.metrics_path, "report": output.report_path}
    if form == "csv":
        return output.objects_path.read_text(encoding="utf-8")
    if form == "html":
        return output.report_path.read_text(encoding="utf-8")
    notes = [*run.summary["remarks"], *run.sentences, *missing_metrics(run.summary)]
    if form == "json":
        scenes = [scene for scored in run.by_views.values() for scene in scored]
        found = {"metrics": run.summary, "objects": list(object_rows(scenes))}
        return _json(run.verdict, found, notes, files)
    return _markdown("Odd one out", run.verdict, notes, [table for table in scene_tables(run.summary) if table.rows])


def _json(verdict: str, found: Mapping[str, Any], notes: Iterable[str], files: Mapping[str, Path]) -> str:
    paths = {name: str(path) for name, path in files.items()}
    content = {"verdict": verdict, **found, "notes": list(notes), "files": paths}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _part(part: FusedPart) -> dict[str, Any]:
    score = None if part.volume is None else float(part.volume.score)
    return {"part_id": part.part_id, "fused_score": score, "n_queries": len(part.scores), "n_fused": part.count}


def _markdown(title: str, verdict: str, notes: Iterable[str], tables: Sequence[ResultTable]) -> str:
    lines = [f"# {in_markdown(title)}", in_markdown(verdict) + ".", *(f"- {in_markdown(note)}" for note in notes)]
    return (
        "\n\n".join([*lines[:2], "\n".join(lines[2:])] if lines[2:] else lines)
        + "\n\n"
        + "\n".join(as_markdown(table) for table in tables)
    )


def _queries_table(rows: Sequence[Mapping[str, Any]]) -> ResultTable:
    """The most anomalous queries with score and verdict."""
    words = {None: None, True: "anomalous", False: "normal"}
    ordered = sorted(rows, key=lambda row: -row["image_score"])
    shown = [
        [
            row["file_path"],
            row["kind"] or None,
            short_number(row["image_score"]),
            None if row["p_value"] is None else f"{row['p_value']:.3f}",
            words[row["is_anomalous"]],
            "yes" if row["converged"] else "no",
        ]
        for row in ordered[:MARKDOWN_QUERIES]
    ]
    left_out = len(rows) - len(shown)
    notes = [f"{left_out} queries with lower scores are left out."] if left_out else []
    columns = ("query", "kind", "score", "p-value", "verdict", "localised")
    return ResultTable("queries", "Queries", columns, shown, (0,) * len(columns), notes)
