"""`ns-pad-bench` from classes and presets to tables."""

import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.live import Live

from pad_nerfstudio.benchmark.attribute_tables import Attributes, attribute_section, correlation_section
from pad_nerfstudio.benchmark.attributes import color_contrast_of_class, triangles_of_field, triangles_of_mesh
from pad_nerfstudio.benchmark.child_process import ChildProcesses
from pad_nerfstudio.benchmark.job import Job
from pad_nerfstudio.benchmark.live_table import live_table
from pad_nerfstudio.benchmark.plan import Trial, jobs_of
from pad_nerfstudio.benchmark.results import Result, gather_results
from pad_nerfstudio.benchmark.scheduler import Peaks, State, run_jobs
from pad_nerfstudio.benchmark.tables import HEADLINE, all_tables, in_percent, why_not_run
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.fields.parallel import num_threads
from pad_nerfstudio.files import write_json
from pad_nerfstudio.reporting.benchmark_files import Section, write_benchmark_files
from pad_nerfstudio.reporting.point_plot import point_plot
from pad_nerfstudio.reporting.tables import TITLES
from pad_nerfstudio.versions import machine, versions


def run_trials(trials: Sequence[Trial], workers: int, memory_gib: float | None) -> dict[Job, State]:
    """Run what is not finished yet, with a live table; Ctrl-C and SIGTERM end every process that was started.

    Args:
        trials: see `plan_trials`
        workers: how many jobs at once; they share the cores
        memory_gib: what they may need together; None for the machine's memory
    """
    processes = ChildProcesses({"PAD_NERFSTUDIO_THREADS": str(max(1, num_threads() // workers))})
    peaks = Peaks(machine_gib() if memory_gib is None else memory_gib)
    with _terminated_like_interrupted(), Live(refresh_per_second=2) as live:

        def show(states: Mapping[Job, State]) -> None:
            live.update(live_table(trials, states))

        return run_jobs(jobs_of(trials), processes.run, workers, peaks, show, processes.end_all)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def machine_gib() -> float:
    """Memory of this machine in GiB; infinite where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):
        return math.inf


@dataclass(frozen=True)
class BenchmarkRun:
    """What a benchmark found, and where it is written."""

    results: Sequence[Result]
    """One per trial."""
    files: Sequence[Path]
    """What was written; the page comes first."""

    @property
    def not_run(self) -> list[str]:
        """A sentence for every reason why trials did not come to their end."""
        return why_not_run(self.results)


def write_results(
    trials: Sequence[Trial],
    states: Mapping[Job, State],
    output_dir: Path,
    meshes: Path | None = None,
) -> BenchmarkRun:
    """Gather what the trials found and write it as `benchmark.json`, tables, plots and a page.

    Args:
        trials: what was planned
        states: how its jobs ended
        output_dir: where to
        meshes: folder with CLASS.obj and the like, whose triangles are counted in place of the field's
    """
    results = gather_results(trials, states)
    attributes = attributes_of(trials, states, meshes)
    sections = [Section(table, _plots(table.name, results)) for table in all_tables(results)]
    correlations = correlation_section(attributes, results)
    sections += [attribute_section(attributes), correlations]
    content = {
        "command": ["ns-pad-bench", *sys.argv[1:]],
        "results": results,
        "attributes": {name: vars(found) for name, found in attributes.items()},
        "correlations": [dict(zip(correlations.table.columns, row, strict=True)) for row in correlations.table.rows],
        "versions": versions(),
        **machine(),
    }
    write_json(output_dir / "benchmark.json", content)
    classes, presets = ({r[key] for r in results} for key in ("class", "preset"))
    files = write_benchmark_files(
        sections,
        output_dir,
        "Benchmark",
        f"classes: {len(classes)}, presets: {len(presets)}",
        content["command"],
        {name: str(value) for name, value in {**versions(), **machine()}.items()},
    )
    return BenchmarkRun(results, [*files, output_dir / "benchmark.json"])


def attributes_of(trials: Sequence[Trial], states: Mapping[Job, State], meshes: Path | None) -> dict[str, Attributes]:
    """Attributes of every class; its field is the first one that was trained."""
    found: dict[str, Attributes] = {}
    for folder in dict.fromkeys(trial.class_folder for trial in trials):
        configs = [t.config for t in trials if t.class_folder == folder and states[t.train].status == "finished"]
        reasons: list[str] = []
        contrast, triangles = None, None
        try:
            contrast = color_contrast_of_class(folder)
        except UserError as error:
            reasons.append(str(error))
        try:
            triangles = _triangles(folder.name, configs, meshes)
        except UserError as error:
            reasons.append(str(error))
        found[folder.name] = Attributes(contrast, triangles, "; ".join(reasons))
    return found


def _triangles(name: str, configs: Sequence[Path], meshes: Path | None) -> int:
    if meshes is not None:
        files = sorted(path for path in meshes.glob(f"{name}.*") if path.is_file())
        if not files:
            raise UserError(f"{meshes}: holds no mesh {name}.*; give one, or leave --meshes out")
        return triangles_of_mesh(files[0])
    if not configs:
        raise UserError(f"{name}: no field was trained to count triangles of; give a mesh by --meshes")
    return triangles_of_field(configs[0])


def _plots(table: str, results: Sequence[Result]) -> dict[str, str]:
    """Mean figures over the number of training views, for the table of that name."""
    if table != "views":
        return {}
    plots: dict[str, str] = {}
    for figure in HEADLINE:
        series: dict[str, list[tuple[float, float, str]]] = {}
        for preset in dict.fromkeys(r["preset"] for r in results):
            by_views: dict[int, list[float]] = {}
            for r in results:
                value = in_percent(r[figure])
                if r["preset"] == preset and value is not None:
                    by_views.setdefault(len(r["trained_on"]), []).append(value)
            series[preset] = [(float(n), sum(v) / len(v), f"{n} views") for n, v in sorted(by_views.items())]
        plot = point_plot(series, "training views", f"{TITLES[figure]} in percent", joined=True)
        plots |= {f"views_{figure}": plot} if plot else {}
    return plots
