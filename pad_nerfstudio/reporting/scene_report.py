"""One self-contained HTML file about judged scenes: no request leaves it, every name in it is escaped."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from pad_nerfstudio.anomaly.metrics import rank_curve, roc
from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.files import write_text
from pad_nerfstudio.odd_one_out.evaluation import METRIC_NAMES
from pad_nerfstudio.odd_one_out.scene_pictures import PICTURES
from pad_nerfstudio.odd_one_out.scene_run import SceneRun
from pad_nerfstudio.odd_one_out.scored_scene import ScoredObject, ScoredScene
from pad_nerfstudio.reporting.page import rendered_page
from pad_nerfstudio.reporting.plots import histogram, roc_plot
from pad_nerfstudio.reporting.point_plot import point_plot
from pad_nerfstudio.reporting.scene_tables import MEANINGS, TITLES, missing_metrics, scene_tables
from pad_nerfstudio.reporting.tables import percent
from pad_nerfstudio.reporting.thumbnails import data_uri
from pad_nerfstudio.short_number import short_number

MAX_CARDS = 100
"""Scenes that get pictures, those with mistakes first: about 100 kB each."""
PICTURE_SIDE = 320
"""Pixels of the longer side of a picture."""


def write_scene_report(run: SceneRun, command: Sequence[str]) -> Path:
    """Write `report.html` into the run's output folder.

    Args:
        run: a finished run, its pictures in place
        command: the command line that repeats it

    Returns:
        the path of the report
    """
    write_text(run.output.report_path, rendered_page("scenes.html", report_content(run, command)))
    return run.output.report_path


def report_content(run: SceneRun, command: Sequence[str]) -> dict[str, Any]:
    """Everything the template shows; scenes as they were judged with the most views."""
    scenes = run.by_views[run.most_views]
    cards = [_card(run, scene, index) for index, scene in enumerate(sorted(scenes, key=_doubt)[:MAX_CARDS])]
    objects = [(scene, found) for scene in scenes for found in scene.objects]
    anchors = {card["name"]: card["anchor"] for card in cards}
    scores = _groups([found for _, found in objects])
    return {
        "title": "Odd one out",
        "subtitle": f"{run.verdict}; method {run.summary['method']}",
        "tiles": _tiles(run),
        "remarks": run.summary["remarks"],
        "notes": run.sentences,
        "tables": [table for table in scene_tables(run.summary) if table.rows],
        "meanings": [(TITLES[name], MEANINGS[name]) for name in METRIC_NAMES],
        "missing": missing_metrics(run.summary),
        "histogram": Markup(histogram(scores, None, of_what=("score", "objects"))),
        "groups": [{"name": name, "count": len(members)} for name, members in scores.items()],
        "roc": Markup(roc_plot(_roc_curves(run))),
        "trends": [Markup(plot) for plot in _trends(run) if plot],
        "objects": [_row(scene, found, anchors.get(scene.name, "")) for scene, found in objects],
        "cards": cards,
        "left_out": len(scenes) - len(cards),
        "filters": _filters(cards),
        "command": shlex.join(command),
        "facts": _facts(run),
    }


def _tiles(run: SceneRun) -> list[dict[str, str]]:
    """The few figures to see first, with the most views; objects are the true ones, as in the tables."""
    overall = run.summary["views"][run.most_views]["overall"]
    tiles = [("scenes", str(overall["n_scenes"]))]
    if overall["n_objects"]:
        tiles.append(("objects", str(overall["n_objects"])))
    tiles.append(("objects found", str(overall["n_found"])))
    if overall["n_false"]:
        tiles.append(("false objects", str(overall["n_false"])))
    tiles += [(TITLES[name], percent(overall[name])) for name in METRIC_NAMES if overall[name] is not None]
    if overall["seconds_per_scene"] is not None:
        tiles.append(("seconds a scene", short_number(overall["seconds_per_scene"])))
    return [{"name": name, "value": value} for name, value in tiles]


def _row(scene: ScoredScene, found: ScoredObject, anchor: str) -> dict[str, Any]:
    """One row of the table of objects."""
    tags = {"wrong": found.correct is False, "odd": bool(found.is_anomalous), "noted": bool(scene.notes)}
    return {
        "anchor": anchor,
        "tags": [tag for tag, holds in tags.items() if holds],
        "scene": scene.name,
        "object": "missed" if found.number is None else str(found.number),
        "name": found.name or "–",
        "kind": found.kind or "–",
        "score": "" if found.score is None else found.score,
        "score_text": "–" if found.score is None else short_number(found.score),
        "verdict": {None: "", True: "anomalous", False: "normal"}[found.is_anomalous],
        "iou": "" if found.iou is None else found.iou,
        "iou_text": "–" if found.iou is None else f"{found.iou:.2f}",
        "correct": {None: "–", True: "yes", False: "no"}[found.correct],
    }


def _card(run: SceneRun, scene: ScoredScene, index: int) -> dict[str, Any]:
    """One scene with its pictures."""
    odd = [str(found.number) for found in scene.objects if found.is_anomalous]
    wrong = sum(found.correct is False for found in scene.objects)
    badges = [f"{wrong} wrong"] if wrong else []
    badges += ["no verdict"] if all(found.is_anomalous is None for found in scene.objects) else []
    folder = run.output.pictures(scene.name, len(scene.views))
    files = [(name, folder / f"{name}.png") for name in PICTURES]
    return {
        "name": scene.name,
        "anchor": f"s{index + 1}",
        "summary": f"{scene.count} objects, {len(scene.views)} views, {scene.seconds:.1f} s",
        "odd": f"odd: {', '.join(odd)}" if odd else "",
        "badges": badges,
        "notes": scene.notes,
        "tags": [*(["wrong"] if wrong else []), *(["odd"] if odd else []), *(["noted"] if scene.notes else [])],
        "pictures": [
            {"name": name.replace("_", " "), "uri": data_uri(read_image(path), PICTURE_SIDE)}
            for name, path in files
            if path.is_file()
        ],
    }


def _doubt(scene: ScoredScene) -> tuple[int, int]:
    """Sorts scenes with mistakes first, then those of which something was said."""
    return (-sum(found.correct is False for found in scene.objects), -len(scene.notes))


def _filters(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buttons above the cards; those that would show nothing are left out."""
    counts = {tag: sum(tag in card["tags"] for card in cards) for tag in ("wrong", "odd", "noted")}
    buttons = [{"css": "all", "name": "all", "count": len(cards)}]
    return buttons + [{"css": tag, "name": tag, "count": count} for tag, count in counts.items() if count]


def _groups(objects: Sequence[ScoredObject]) -> dict[str, list[float]]:
    """Scores by ground truth; groups without a member are left out."""
    names = {0: "normal", 1: "anomalous", None: "unknown"}
    found = {
        name: [each.score for each in objects if each.label == label and each.score is not None]
        for label, name in names.items()
    }
    return {name: members for name, members in found.items() if members}


def _roc_curves(run: SceneRun) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The ROC curve of every number of views, the highest first."""
    curves = {}
    for views, scenes in reversed(list(run.by_views.items())):
        groups = _groups([found for scene in scenes for found in scene.objects])
        if "normal" in groups and "anomalous" in groups:
            anomalous, normal = (np.array(groups[name], np.float64) for name in ("anomalous", "normal"))
            curves[f"{views} views"] = roc(rank_curve(anomalous, normal))
    return curves


def _trends(run: SceneRun) -> list[str]:
    """AUC and accuracy over the number of views and of objects (Bhunia et al., figure 5)."""
    views = {n: found["overall"] for n, found in run.summary["views"].items() if n.isdecimal()}
    counts = run.summary["views"][run.most_views]["object_counts"]
    plots = []
    for figures, axis in ((views, "input views"), (counts, "objects in the scene")):
        series = {
            TITLES[name]: [
                (float(n), 100 * found[name], f"{100 * found[name]:.1f} with {n}, {found['n_objects']} objects")
                for n, found in figures.items()
                if found[name] is not None
            ]
            for name in ("auc", "accuracy")
        }
        plots.append(point_plot(series, axis, "percent", joined=True) if len(figures) > 1 else "")
    return plots


def _facts(run: SceneRun) -> list[tuple[str, str]]:
    """Where it came from and how long it took."""
    summary = run.summary
    facts = [("method", summary["method"]), ("outputs", str(run.output.root)), ("accuracy", summary["rule"])]
    facts += [*summary["settings"].items()]
    facts += [(name, summary[name]) for name in ("config", "checkpoint") if summary[name] is not None]
    facts += [("seed", "none recorded" if summary["seed"] is None else summary["seed"])]
    facts += [(name.replace("_", " "), f"{seconds:.2f}") for name, seconds in summary["timings"].items()]
    facts += [*summary["versions"].items(), *summary["machine"].items()]
    return [(name, str(value)) for name, value in facts]
