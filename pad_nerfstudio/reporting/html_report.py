"""One self-contained HTML file about a scoring run: no request leaves it, every name in it is escaped."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.files import write_text
from pad_nerfstudio.reporting.page import rendered_page
from pad_nerfstudio.reporting.query_cards import DIFFERENCE_GAIN, query_cards, query_filters
from pad_nerfstudio.reporting.run_plots import pose_plots, score_plots
from pad_nerfstudio.reporting.tables import MEANINGS, TITLES, metrics_table, percent
from pad_nerfstudio.short_number import short_number


def write_report(run: ScoringRun, command: Sequence[str], track: Track = lambda items, _: items) -> Path:
    """Write `report.html` into the run's output folder.

    Args:
        run: a finished scoring run, its files in place
        command: the command line that repeats it
        track: shows the progress

    Returns:
        the path of the report

    Raises:
        UserError: an image is gone or broken
    """
    write_text(run.output.report_path, rendered_page("report.html", report_content(run, command, track)))
    return run.output.report_path


def report_content(run: ScoringRun, command: Sequence[str], track: Track = lambda items, _: items) -> dict[str, Any]:
    """Everything the template shows."""
    queries = query_cards(run, track)
    return {
        "title": str(run.summary["object"]),
        "subtitle": f"{len(queries)} queries against the field {run.summary['preset']} by {run.summary['comparison']}",
        "verdict": run.verdict,
        "tiles": _tiles(run, queries),
        "notes": run.sentences,
        "metrics": metrics_table(run.summary),
        "meanings": [(TITLES[name], MEANINGS[name]) for name in METRIC_NAMES],
        "missing": [f"{TITLES[name]}: {reason}." for name, reason in run.summary["overall"]["reasons"].items()],
        "score_plots": score_plots(run),
        "pose_plots": pose_plots(run),
        "timings": _timings(run),
        "queries": queries,
        "filters": query_filters(queries),
        "kinds": sorted({query["kind"] for query in queries}),
        "left_out": sum(not query["strip"] for query in queries),
        "captions": {"difference": f"difference ×{DIFFERENCE_GAIN}"},
        "command": shlex.join(command),
        "facts": _facts(run),
    }


def _tiles(run: ScoringRun, queries: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """The few figures to see first: verdicts and what is wrong with them, then metrics."""
    overall, threshold = run.summary["overall"], run.calibration.threshold
    counts = {tag: sum(tag in query["tags"] for query in queries) for tag in ("missed", "false-alarm", "not-localised")}
    tiles = [("queries", str(len(queries)))]
    if threshold is not None:
        verdicts = run.summary["verdicts"]
        tiles += [("called anomalous", str(verdicts["anomalous"])), ("called normal", str(verdicts["normal"]))]
        if any(score.label is not None for score in run.scores):
            tiles += [("missed defects", str(counts["missed"])), ("false alarms", str(counts["false-alarm"]))]
    tiles += [("not localised", str(counts["not-localised"]))]
    tiles += [
        (TITLES[name], percent(overall[name]))
        for name in ("image_auroc", "pixel_auroc", "aupro")
        if overall[name] is not None
    ]
    if threshold is not None:
        tiles.append(("threshold", short_number(threshold)))
    return [{"name": name, "value": value} for name, value in tiles]


def _timings(run: ScoringRun) -> list[tuple[str, str]]:
    """What took how long, in seconds."""
    return [
        (name.removeprefix("seconds_").replace("_", " "), f"{s:.2f} s") for name, s in run.summary["timings"].items()
    ]


def _facts(run: ScoringRun) -> list[tuple[str, str]]:
    """Where it came from."""
    summary = run.summary
    facts = [("field", summary["field"]["config"]), ("checkpoint", summary["field"]["checkpoint"])]
    facts += [("calibration", summary["calibration"]), ("1 in a map is", summary["map_unit"])]
    facts += [("outputs", str(run.output.root)), ("seed", "none used" if summary["seed"] is None else summary["seed"])]
    facts += list(summary["versions"].items())
    return [(name, str(value)) for name, value in facts]
