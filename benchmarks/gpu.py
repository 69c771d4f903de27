"""Every step on a GPU: training, localising and scoring on generated toys, in under eight minutes.

    python benchmarks/gpu.py --toys TOY_A TOY_B

pad-nerf (by the preset `pad-nerf-gpu`) and pad-splat are trained, then localise and score all queries; the published
presets do so with some queries on pad-nerf's fields; nerfacto and splatfacto are trained as peers. Each step is a
process with a budget, and the figures are written after each: what is cut off keeps what it has, what fails is a row
with its reason. Toys come from `data_converters/render_bricks.py`, with their true_poses.json. Runs where the package
is not installed, too (`PYTHONPATH` alone). `--tiny` runs the whole script on a CPU, on the bundled demo, to test it.
"""

import importlib
import importlib.util
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from child import Outcome, run_child, run_forked
from gpu_table import markdown
from recorded import record

from pad_nerfstudio.commands.score import ScoreCommand
from pad_nerfstudio.data.demo import unpack_demo
from pad_nerfstudio.data.mad_files import find_queries
from pad_nerfstudio.errors import UserError, told_in_one_sentence
from pad_nerfstudio.localization.true_poses import pose_figures
from pad_nerfstudio.presets.command_line import preset_arguments
from pad_nerfstudio.presets.preset import read_preset, shipped_presets

OURS, PEERS = ("pad-nerf", "pad-splat"), ("nerfacto", "splatfacto")
ON_SPLATS = ("pad-splat", "splatfacto")
PUBLISHED = {"omniposead-vanilla": "pad-nerf", "splatpose": "pad-nerf", "splatpose-splats": "pad-splat"}
"""Preset -> whose field it localises in; those that this version has."""
NO_FIELD = {"reason": "there is no field"}
PLUGINS = Path(__file__).parents[1] / "pad_nerfstudio" / "plugin"
TINY_PRESET = """train:
  method: pad-nerf
  pipeline.model.resolutions: [16, 24, 32]
  pipeline.model.refine-at: [40, 80]
  mad-data: {train-views: 24, eval-fraction: 0.04}
"""


@dataclass
class GpuBenchmark:
    """Options of gpu.py."""

    toys: tuple[Path, ...] = ()
    """Class folders of generated toys."""
    work_dir: Path = Path("outputs/gpu_benchmark")
    """Folder for runs, poses, maps and logs; emptied at the start."""
    output: Path = Path(__file__).parent / "results" / "gpu.json"
    """Where the figures go; the tables go beside it (.md)."""
    seconds: float = 460.0
    """The whole benchmark's budget: steps that would begin later are rows with that reason."""
    train_seconds: float = 20.0
    """Most seconds of training of each field."""
    preset_queries: int = 8
    """Queries of each toy that the published presets localise, spread evenly."""
    peers: bool = True
    """Train nerfacto and splatfacto too."""
    tiny: bool = False
    """All on a CPU, on the bundled demo, at tiny sizes: tests the script, the figures mean nothing."""


class Benchmark:
    """Runs the steps and keeps their rows."""

    def __init__(self, options: GpuBenchmark) -> None:
        self.options, self.rows = options, list[dict[str, Any]]()
        self.patience = 4 if options.tiny else 1  # a CPU that does other work too
        self.deadline = time.monotonic() + self.patience * options.seconds
        self.device = "cpu" if options.tiny else "cuda"
        self.no_splats: str | None = None
        self.work = options.work_dir.absolute()
        if self.work.is_dir() and (self.work / ".gpu_benchmark").is_file():
            shutil.rmtree(self.work)
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / ".gpu_benchmark").touch()
        self.preset = "pad-nerf-gpu"
        if options.tiny:
            (self.work / "tiny.yaml").write_text(TINY_PRESET)
            self.preset = str(self.work / "tiny.yaml")
            os.environ.update(plugin_variables())
            for module in ("nerfstudio.configs.method_configs", "pad_nerfstudio.anomaly.run"):
                importlib.import_module(module)  # once for all steps: half of what they would take each

    def run(self, toys: Sequence[Path]) -> None:
        """All steps, the most telling first."""
        with ThreadPoolExecutor(1) as beside:
            built = beside.submit(self.build)
            for toy in toys:
                self.trained("pad-nerf", toy)
                self.judged("pad-nerf", toy, "default")
            with self.row("gsplat's CUDA code") as row:
                self.no_splats = "it was not compiled"
                row["reason"] = self.no_splats = built.result().reason
            for toy in toys:
                self.trained("pad-splat", toy)
                self.judged("pad-splat", toy, "default")
            shipped = [preset for preset in PUBLISHED if preset in shipped_presets()]
            for preset in shipped[:1] if self.options.tiny else shipped:
                for toy in toys:
                    self.judged(PUBLISHED[preset], toy, preset)
            for method in PEERS if self.options.peers else ():
                for toy in toys:
                    self.trained(method, toy)

    def build(self) -> Outcome:
        """Compile what must be compiled, while the first fields train."""
        if self.device == "cpu":
            return Outcome(0.0, None, "needs CUDA")
        return run_child("build_gsplat", [], self.work / "build.log", self.options.seconds / 2, plugin_variables())

    def child(self, module: str, arguments: Sequence[Any], log: Path, budget: float) -> Outcome:
        """Run a step within its budget and the benchmark's."""
        left = self.deadline - time.monotonic()
        if left < 5:
            return Outcome(0.0, None, f"left out: the {self.options.seconds:.0f} s of --seconds were over")
        budget = min(self.patience * budget, left)
        run = run_forked if self.options.tiny else run_child
        return run(module, list(map(str, arguments)), log, budget, plugin_variables())

    def trained(self, method: str, toy: Path) -> None:
        """Train a field."""
        folder = self.work / toy.name
        with self.row("training", toy, method=method) as row:
            outcome = Outcome(0.0, None, self.cannot_train(method))
            if outcome.reason is None:
                seconds = self.options.train_seconds
                arguments = ["--method", method, "--data", toy.absolute(), "--output-dir", folder]
                arguments += ["--device", self.device, "--seconds", seconds, "--preset", self.preset]
                arguments += ["--steps", 120, "--views", 1, "--first-look", 2] if self.options.tiny else []
                log = folder / f"train_{method}.log"
                outcome = self.child("timed_training", arguments, log, 2 * seconds + 60)
            row |= {"wall_seconds": outcome.seconds, "peak_gigabytes": outcome.peak_gigabytes, "reason": outcome.reason}
            found = read_json(folder / "run" / method / "run" / "training.json")
            row |= {f"to_{level}_db": seconds for level, seconds in found.get("seconds_to_db", {}).items()}
            row |= {key: found.get(key) for key in ("steps", "training_seconds", "set_up_seconds", "psnr", "course")}

    def cannot_train(self, method: str) -> str | None:
        """Why a method cannot be trained here; None where it can."""
        if method in ON_SPLATS and self.device == "cpu":
            return "needs CUDA"
        if method == "pad-splat" and not (PLUGINS / "pad_splat.py").is_file():
            return "this version has no method pad-splat"
        if method in ON_SPLATS and self.no_splats is not None:
            return f"gsplat does not run: {self.no_splats}"
        return "left out by --tiny" if method in PEERS and self.options.tiny else None

    def judged(self, method: str, toy: Path, preset: str) -> None:
        """Localise and score queries on a trained field."""
        with self.row("queries", toy, method=method, preset=preset) as row:
            run = self.work / toy.name / "run" / method / "run"
            row |= self.judgement(run, method, toy, preset) if (run / "training.json").is_file() else NO_FIELD

    def judgement(self, run: Path, method: str, toy: Path, preset: str) -> dict[str, Any]:
        """What localising and scoring found, and what it took."""
        out = self.work / toy.name / f"{method}_{preset}"
        field = ["--load-config", run / "config.yml", "--output-dir", out, "--device", self.device]
        how = ["--preset", preset, "--queries", *self.queries(toy, preset)]
        if self.options.tiny:
            how += ["--rendered-views", 0] + (["--inversion.steps", 2] if preset != "default" else [])
        localized = self.child("pad_nerfstudio.commands.localize", [*field, *how], out / "localize.log", 90)
        scored = Outcome(0.0, None, localized.reason)
        if localized.reason is None:
            share_held_out(self.work / toy.name / f"{method}_default", out)
            # held-out views, which say nothing in the published presets, are localised as always
            comparing = preset_arguments(ScoreCommand, read_preset(preset))
            arguments = [*field, "--poses", out / "poses.json", *comparing]
            scored = self.child("pad_nerfstudio.commands.score", arguments, out / "score.log", 90)
        figures = {**figures_of_poses(out, toy), **figures_of_scores(out)}
        if scored.reason is None and preset == "default":
            figures["whole_job_seconds"] = self.seconds_of(method, toy) + localized.seconds + scored.seconds
        peaks = [one.peak_gigabytes for one in (localized, scored) if one.peak_gigabytes is not None]
        return {**figures, "peak_gigabytes": max(peaks, default=None), "reason": scored.reason}

    def queries(self, toy: Path, preset: str) -> list[Path]:
        """The photos that a preset localises."""
        few = preset != "default" or self.options.tiny
        return some_of([query.image for query in find_queries(toy)], self.options.preset_queries if few else 0)

    def seconds_of(self, method: str, toy: Path) -> float:
        """Wall time of a field's training."""
        rows = (row for row in self.rows if row["kind"] == "training")
        return next(row["wall_seconds"] for row in rows if (row["method"], row["toy"]) == (method, toy.name))

    @contextmanager
    def row(self, kind: str, toy: Path | None = None, **named: Any) -> Iterator[dict[str, Any]]:
        """A row to fill in, then kept with all others; what goes wrong here meanwhile is its reason, and no more."""
        row: dict[str, Any] = {"kind": kind, "toy": None if toy is None else toy.name, **named, "reason": None}
        try:
            yield row
        except Exception as error:
            row["reason"] = f"{type(error).__name__}: {error}"
        self.tell(row)

    def tell(self, row: dict[str, Any]) -> None:
        """Keep a row, and write all there are."""
        self.rows.append(row)
        shown = {key: value for key, value in row.items() if value is not None and key != "course"}
        print(json.dumps(shown), flush=True)
        gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
        record(self.options.output, {"tiny": self.options.tiny, "gpu": gpu, "rows": self.rows}, ("gsplat", "nerfacc"))
        whole = read_json(self.options.output)
        made_with = f"`{whole['command']}` on {gpu or 'a CPU'}, {json.dumps(whole['versions'])}"
        self.options.output.with_suffix(".md").write_text(markdown(self.rows, made_with), encoding="utf-8")


def plugin_variables() -> Mapping[str, str]:
    """Variables by which Nerfstudio knows this package without its being installed."""
    methods = [f"{name}=pad_nerfstudio.plugin.{name.replace('-', '_')}:{name.replace('-', '_')}" for name in OURS]
    there = [m for m in methods if importlib.util.find_spec(m.split("=")[1].split(":")[0]) is not None]
    root = str(PLUGINS.parents[1])
    return {
        "NERFSTUDIO_METHOD_CONFIGS": ",".join(there),
        "NERFSTUDIO_DATAPARSER_CONFIGS": "mad-data=pad_nerfstudio.plugin.mad_data:mad_data",
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "PYTHONUNBUFFERED": "1",
    }


def some_of(paths: Sequence[Path], count: int) -> list[Path]:
    """So many of the paths, spread evenly; all of them for 0."""
    if not count or count >= len(paths):
        return list(paths)
    return [paths[(2 * i + 1) * len(paths) // (2 * count)] for i in range(count)]


def share_held_out(there: Path, here: Path) -> None:
    """Let a second scoring of a field begin with the poses that the first one found of its held-out views."""
    if (there / "held_out").is_dir() and not (here / "held_out").exists():
        shutil.copytree(there / "held_out", here / "held_out")


def figures_of_poses(out: Path, toy: Path) -> dict[str, Any]:
    """How good the poses are that were found, be they all or not."""
    if not read_json(out / "poses.json").get("frames"):
        return {}
    found = pose_figures(out / "poses.json", toy / "true_poses.json")
    kept = ("seconds_per_query", "auc_5_degrees", "auc_005", "median_degrees", "converged")
    return {"queries": found["count"], **{key: found[key] for key in kept}}


def figures_of_scores(out: Path) -> dict[str, Any]:
    """How well the maps tell defects, and what scoring a query took."""
    metrics = read_json(out / "metrics.json")
    if not metrics:
        return {}
    figures = {key: metrics["overall"][key] for key in ("image_auroc", "pixel_auroc", "aupro")}
    queries = len(read_json(out / "poses.json")["frames"])
    return {**figures, "scoring_seconds_per_query": metrics["timings"]["seconds_scoring"] / queries}


def read_json(path: Path) -> dict[str, Any]:
    """What a file holds; nothing where it is missing or cut off."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def toys_of(options: GpuBenchmark) -> Iterator[Path]:
    """The class folders to work on.

    Raises:
        UserError: there are none, one is no generated toy, or this machine has no GPU
    """
    if options.tiny:
        yield unpack_demo(options.work_dir / "demo")
        return
    if not torch.cuda.is_available():
        raise UserError("this machine has no usable CUDA device; try the script by --tiny")
    if not options.toys:
        raise UserError("--toys: name class folders of generated toys")
    for toy in options.toys:
        if not (toy / "true_poses.json").is_file():
            raise UserError(f"{toy}: has no true_poses.json; give toys of data_converters/render_bricks.py")
        yield toy.absolute()


def main(options: GpuBenchmark) -> None:
    """Run the benchmark."""
    with told_in_one_sentence():
        benchmark = Benchmark(options)
        benchmark.run(list(toys_of(options)))


if __name__ == "__main__":
    main(tyro.cli(GpuBenchmark))
