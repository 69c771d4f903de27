"""What the terminal shows of a benchmark that runs."""

import io
from pathlib import Path

from rich.console import Console

from pad_nerfstudio.benchmark.live_table import live_table
from pad_nerfstudio.benchmark.plan import jobs_of, plan_trials
from pad_nerfstudio.benchmark.scheduler import State
from pad_nerfstudio.presets.preset import read_preset


def test_every_trial_has_a_cell(tmp_path: Path) -> None:
    presets = [read_preset(name) for name in ("default", "omniposead-vanilla")]
    trials = plan_trials([tmp_path / "[b]parrot"], presets, [None, 50], tmp_path)
    states = {job: State("waiting") for job in jobs_of(trials)}
    done, running, failed, waiting = trials
    for job in done.jobs:
        states[job] = State("finished", record={"wall_seconds": 20.0})
    states[running.train] = State("running")
    states[failed.train], states[failed.localize] = State("finished"), State("failed", "no weights")
    console = Console(file=io.StringIO(), width=160)
    console.print(live_table(trials, states))
    shown = console.file.getvalue()
    for text in (
        "[b]parrot",
        "5 of 12 jobs",
        "done, 60 s",
        "training ...",
        "not run: no weights",
        "waits for training",
    ):
        assert text in shown, shown
