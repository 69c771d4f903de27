"""The jobs of a benchmark as a table for the terminal, while they run."""

from collections.abc import Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from pad_nerfstudio.benchmark.job import Job
from pad_nerfstudio.benchmark.plan import Trial
from pad_nerfstudio.benchmark.scheduler import State
from pad_nerfstudio.short_number import short_number

DOING = {"train": "training", "localize": "localising", "score": "scoring"}


def live_table(trials: Sequence[Trial], states: Mapping[Job, State]) -> Table:
    """A row per class and number of views, a column per preset, and where each stands."""
    presets = list(dict.fromkeys(trial.preset for trial in trials))
    ended = sum(state.status in ("finished", "failed", "left out") for state in states.values())
    table = Table(title=f"{ended} of {len(states)} jobs")
    for name in ("class", "views", *presets):
        table.add_column(escape(name))
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for trial in trials:
        views = "all" if trial.views is None else str(trial.views)
        rows.setdefault((trial.class_folder.name, views), {})[trial.preset] = standing(trial, states)
    for (name, views), cells in rows.items():
        table.add_row(escape(name), views, *(escape(cells[preset]) for preset in presets))
    return table


def standing(trial: Trial, states: Mapping[Job, State]) -> str:
    """How far a trial is, in a few words."""
    for job in trial.jobs:
        state = states[job]
        if state.status == "failed":
            return f"not run: {state.reason}"
        if state.status == "running":
            return f"{DOING[job.step]} ..."
        if state.status == "waiting":
            return f"waits for {DOING[job.step]}"
    seconds = sum(state.record["wall_seconds"] for job in trial.jobs if (state := states[job]).record)
    return f"done, {short_number(seconds)} s"
