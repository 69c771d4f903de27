"""Jobs that run in milliseconds, and results that nobody measured."""

import sys
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.benchmark.job import Job
from pad_nerfstudio.benchmark.results import POSE_NAMES, STEPS, Result
from pad_nerfstudio.benchmark.tables import PER_QUERY


def python_job(folder: Path, step: str, code: str, after: Job | None = None) -> Job:
    """A job that runs Python code in its folder and is expected to write `out.json` there."""
    where = folder / step
    prelude = f"import os, pathlib; os.chdir({str(where)!r}); "
    command = (sys.executable, "-S", "-c", prelude + code)
    return Job(step, command, where, (where / "out.json",), after)


def result(name: str, preset: str = "default", views: int | None = None, **figures: Any) -> Result:
    """A result with no figures but those given."""
    empty = [
        *METRIC_NAMES,
        *POSE_NAMES,
        *(f"{step}_{unit}" for step in STEPS for unit in ("seconds", "gib")),
        PER_QUERY,
    ]
    trained_on = [f"train/good/{i}.png" for i in range(views or 189)]
    known = {"class": name, "preset": preset, "views": views, "trained_on": trained_on, "not_run": None, "reasons": {}}
    return {**known, **dict.fromkeys(empty), **figures}
