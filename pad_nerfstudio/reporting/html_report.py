"""One self-contained HTML file about a scoring run: no request leaves it, every name in it is escaped."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.metrics import rank_curve, roc
from pad_nerfstudio.anomaly.outputs import QueryScore, read_map
from pad_nerfstudio.anomaly.overlay import colored_map
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.data.images import read_image, read_mask
from pad_nerfstudio.files import write_text
from pad_nerfstudio.reporting.page import rendered_page
from pad_nerfstudio.reporting.plots import histogram, roc_plot
from pad_nerfstudio.reporting.tables import MEANINGS, TITLES, metric_rows, percent
from pad_nerfstudio.reporting.thumbnails import data_uri
from pad_nerfstudio.short_number import short_number

MAX_STRIPS = 300
"""Queries that get pictures, the most anomalous first: about 25 kB each."""


def write_report(run: ScoringRun, command: Sequence[str]) -> Path:
    """Write `report.html` into the run's output folder.

    Args:
        run: a finished scoring run, its files in place
        command: the command line that repeats it

    Returns:
        the path of the report
    """
    write_text(run.output.report_path, rendered_page("report.html", report_content(run, command)))
    return run.output.report_path


def report_content(run: ScoringRun, command: Sequence[str]) -> dict[str, Any]:
    """Everything the template shows."""
    ordered = sorted(run.scores, key=lambda score: -score.image_score)
    queries = [_query(run, score, index) for index, score in enumerate(ordered)]
    groups = _groups(run.scores)
    return {
        "title": str(run.summary["object"]),
        "subtitle": f"{len(queries)} queries against the field {run.summary['preset']} by {run.summary['comparison']}",
        "tiles": _tiles(run),
        "notes": run.sentences,
        "metric_names": [{"title": TITLES[name], "meaning": MEANINGS[name]} for name in METRIC_NAMES],
        "metric_rows": metric_rows(run.summary),
        "missing": [f"{TITLES[name]}: {reason}." for name, reason in run.summary["overall"]["reasons"].items()],
        "histogram": Markup(histogram(groups, run.calibration.threshold)),
        "groups": [{"name": name, "css": name, "count": len(scores)} for name, scores in groups.items()],
        "roc": Markup(roc_plot(_roc_curves(run.scores))),
        "queries": queries,
        "filters": _filters(queries),
        "command": shlex.join(command),
        "facts": _facts(run),
    }


def _query(run: ScoringRun, score: QueryScore, index: int) -> dict[str, Any]:
    """One row of the table and its strip."""
    anomalous = run.calibration.is_anomalous(score.image_score)
    p_value = run.calibration.p_value(score.image_score)
    badges = []
    if score.label == 1 and anomalous is False:
        badges.append("missed")
    if score.label == 0 and anomalous:
        badges.append("false alarm")
    if not score.converged:
        badges.append("not localised")
    return {
        "file_path": score.file_path,
        "anchor": f"q{index + 1}",
        "kind": score.kind or "–",
        "image_score": score.image_score,
        "score_text": short_number(score.image_score),
        "p_value": "" if p_value is None else p_value,
        "p_text": "–" if p_value is None else f"{p_value:.3f}",
        "verdict": {None: "", True: "anomalous", False: "normal"}[anomalous],
        "converged": score.converged,
        "seconds": score.seconds,
        "badges": badges,
        "tags": [badge.replace(" ", "-") for badge in badges] + (["anomalous"] if anomalous else []),
        "strip": _strip(run, score) if index < MAX_STRIPS else [],
    }


def _strip(run: ScoringRun, score: QueryScore) -> list[dict[str, str]]:
    """Query, reference, map, overlay and, where there is one, mask."""
    query = read_image(Path(score.path))
    pictures = {
        "query": query,
        "reference": read_image(run.output.reference_path(score.file_path)),
        "map": colored_map(read_map(run.output.map_path(score.file_path)), run.map_limit),
        "overlay": read_image(run.output.overlay_path(score.file_path)),
    }
    if score.mask_path is not None:
        pictures["mask"] = read_mask(Path(score.mask_path), (query.shape[1], query.shape[0]))
    return [{"name": name, "uri": data_uri(picture)} for name, picture in pictures.items()]


def _tiles(run: ScoringRun) -> list[dict[str, str]]:
    """The few figures to see first."""
    overall, threshold = run.summary["overall"], run.calibration.threshold
    verdicts = run.summary["verdicts"]
    tiles = [("queries", str(len(run.scores)))]
    if threshold is not None:
        tiles += [("called anomalous", str(verdicts["anomalous"])), ("called normal", str(verdicts["normal"]))]
    tiles += [
        (TITLES[name], percent(overall[name]))
        for name in ("image_auroc", "pixel_auroc", "aupro")
        if overall[name] is not None
    ]
    if threshold is not None:
        tiles.append((f"threshold, {run.calibration.backing}", short_number(threshold)))
    return [{"name": name, "value": value} for name, value in tiles]


def _groups(scores: Sequence[QueryScore]) -> dict[str, list[float]]:
    """Scores by ground truth; groups without a member are left out."""
    names = {0: "normal", 1: "anomalous", None: "unknown"}
    groups = {name: [s.image_score for s in scores if s.label == label] for label, name in names.items()}
    return {name: members for name, members in groups.items() if members}


def _roc_curves(scores: Sequence[QueryScore]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The ROC curve of all queries, then of each kind against the good ones."""
    normal = np.array([score.image_score for score in scores if score.label == 0], np.float64)
    anomalous = [score for score in scores if score.label == 1]
    if not normal.size or not anomalous:
        return {}
    kinds = {"all": anomalous}
    for kind in sorted({score.kind for score in anomalous}):
        kinds[kind] = [score for score in anomalous if score.kind == kind]
    return {
        kind: roc(rank_curve(np.array([score.image_score for score in members], np.float64), normal))
        for kind, members in kinds.items()
    }


def _filters(queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buttons above the strips; those that would show nothing are left out."""
    shown = [query for query in queries if query["strip"]]
    buttons = [{"css": "all", "name": "all", "count": len(shown)}]
    for tag in ("anomalous", "missed", "false-alarm", "not-localised"):
        count = sum(tag in query["tags"] for query in shown)
        if count:
            buttons.append({"css": tag, "name": tag.replace("-", " "), "count": count})
    return buttons


def _facts(run: ScoringRun) -> list[tuple[str, str]]:
    """Where it came from and how long it took."""
    summary = run.summary
    facts = [("field", summary["field"]["config"]), ("checkpoint", summary["field"]["checkpoint"])]
    facts += [("calibration", summary["calibration"]), ("1 in a map is", summary["map_unit"])]
    facts += [("outputs", str(run.output.root)), ("seed", "none used" if summary["seed"] is None else summary["seed"])]
    facts += [(name.replace("_", " "), f"{seconds:.2f}") for name, seconds in summary["timings"].items()]
    facts += list(summary["versions"].items())
    return [(name, str(value)) for name, value in facts]
