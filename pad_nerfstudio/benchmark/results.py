"""What the trials of a benchmark found, one flat record each."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.benchmark.job import Job
from pad_nerfstudio.benchmark.plan import Trial
from pad_nerfstudio.benchmark.scheduler import State
from pad_nerfstudio.benchmark.training_views import training_view_names
from pad_nerfstudio.localization.true_poses import pose_figures

POSE_NAMES = (
    "median_degrees",
    "max_degrees",
    "median_distance",
    "max_distance",
    "within_one_degree",
    "auc_5_degrees",
    "auc_005",
)
"""Figures of poses, see `PoseSummary`."""
STEPS = ("train", "localize", "score")

Result = dict[str, Any]
"""Of one trial: `class`, `preset`, `views`; `trained_on`, the names of the training views, or None; every name of
`METRIC_NAMES` in [0, 1] and of `POSE_NAMES`, None where there is no such figure; `STEP_seconds` and `STEP_gib` of every
step; `seconds_per_query`, localising and scoring, without what is done once; `reasons`, name -> why it is None;
`not_run`, why the trial has not come to its end, or None."""


def gather_results(trials: Sequence[Trial], states: Mapping[Job, State]) -> list[Result]:
    """Read what the trials have written; nothing is filled in for one that has not come to its end."""
    return [_result(trial, states) for trial in trials]


def _result(trial: Trial, states: Mapping[Job, State]) -> Result:
    done = {job.step for job in trial.jobs if states[job].status == "finished"}
    names = training_view_names(trial.class_folder, trial.dataparser) if "train" in done else None
    result: Result = {
        "class": trial.class_folder.name,
        "preset": trial.preset,
        "views": trial.views,
        "trained_on": names,
    }
    reasons: dict[str, str] = {}
    failed = next((state for job in trial.jobs if (state := states[job]).status in ("failed", "left out")), None)
    result["not_run"] = None if failed is None else failed.reason

    written = json.loads(trial.metrics.read_text(encoding="utf-8")) if "score" in done else {}
    metrics = written.get("overall", {})
    result["seconds_per_query"] = written.get("timings", {}).get("seconds_per_query")
    reasons |= metrics.get("reasons", {})
    result |= {name: metrics.get(name) for name in METRIC_NAMES}

    true_poses = trial.class_folder / "true_poses.json"
    known = "localize" in done and true_poses.is_file()
    poses = pose_figures(trial.poses, true_poses) if known else {}
    result |= {name: poses.get(name) for name in POSE_NAMES}

    for job in trial.jobs:
        record = states[job].record if job.step in done else None
        result[f"{job.step}_seconds"] = record["wall_seconds"] if record else None
        result[f"{job.step}_gib"] = record["peak_gib"] if record else None
    if failed is not None:
        reasons |= {name: failed.reason for name in METRIC_NAMES if result[name] is None}
    if "localize" in done and not true_poses.is_file():
        reasons |= {name: f"{true_poses.name} is not in {trial.class_folder}" for name in POSE_NAMES}
    return {**result, "reasons": reasons}
