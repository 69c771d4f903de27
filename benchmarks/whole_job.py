"""From a generated toy to its report with the commands a user types: time, peak memory and accuracy of every step.

    python benchmarks/whole_job.py --data TOY --work-dir FOLDER

Run it alone on the machine. What `--train` holds is passed on to ns-train.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from recorded import record

from pad_nerfstudio.localization.true_poses import pose_figures

FIGURES = ("image_auroc", "pixel_auroc", "aupro", "pixel_ap", "image_f1_max", "pixel_f1_max")


@dataclass
class WholeJob:
    """Options of whole_job.py."""

    data: Path
    """Class folder of a generated toy, with its true_poses.json."""
    work_dir: Path
    """Folder for the run, its poses and its results."""
    train: tuple[str, ...] = ()
    """Further arguments of ns-train."""
    score: tuple[str, ...] = ()
    """Further arguments of ns-pad-score."""
    output: Path | None = None
    """Where the figures go; `benchmarks/results/TOY_job.json` where not given."""


def run(name: str, *arguments: str | Path, log: Path) -> dict[str, float]:
    """Run one command to its end: wall time, core-seconds that it used, and its largest resident size in GB.

    Where others use the cores too, half of the core-seconds is what two cores would take at the least.
    """
    start, used, peak = time.perf_counter(), core_seconds(), 0
    with log.open("wb") as file:
        process = subprocess.Popen(
            [Path(sys.executable).parent / name, *map(str, arguments)], stdout=file, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            peak = max(peak, peak_kilobytes(process.pid))
            time.sleep(0.1)
    if process.returncode:
        sys.exit(f"error: {name} ended with {process.returncode}; see {log}")
    figures = {
        "wall_seconds": time.perf_counter() - start,
        "core_seconds": core_seconds() - used,
        "peak_gigabytes": peak / 1e6,
    }
    told = "{wall_seconds:.0f} s, {core_seconds:.0f} core-seconds, {peak_gigabytes:.2f} GB".format_map(figures)
    print(f"{name}: {told}", flush=True)
    return figures


def core_seconds() -> float:
    """What the commands that have ended used of all cores, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_kilobytes(process: int) -> int:
    """The largest resident size that a running process has had; 0 where it has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def measured(options: WholeJob) -> dict[str, Any]:
    """Run all, then gather."""
    work = options.work_dir.absolute()
    work.mkdir(parents=True, exist_ok=True)
    config = work / "field" / "pad-nerf" / "run" / "config.yml"
    where = ["--data", options.data.absolute(), "--output-dir", work, "--experiment-name", "field"]
    field = ["--load-config", config]
    found: dict[str, Any] = {}
    training = [*where, "--timestamp", "run", *options.train]
    found["ns-train"] = run("ns-train", "pad-nerf", *training, log=work / "train.log")
    run("ns-eval", *field, "--output-path", work / "eval.json", log=work / "eval.log")
    found["held_out_psnr"] = json.loads((work / "eval.json").read_text())["results"]["psnr"]
    found["ns-pad-localize"] = run("ns-pad-localize", *field, "--output-dir", work, log=work / "localize.log")
    found["poses"] = pose_figures(work / "poses.json", options.data / "true_poses.json")
    scoring = [*field, "--poses", work / "poses.json", "--output-dir", work, *options.score]
    found["ns-pad-score"] = run("ns-pad-score", *scoring, log=work / "score.log")
    metrics = json.loads((work / "metrics.json").read_text())
    found["scores"] = {name: metrics["overall"][name] for name in FIGURES}
    found["kinds"] = {kind: {name: one[name] for name in FIGURES} for kind, one in metrics["kinds"].items()}
    found["verdicts"] = metrics["verdicts"]
    print(json.dumps(found, indent=2))
    return found


def main(options: WholeJob) -> None:
    """Run all and write down what was found."""
    output = options.output or Path(__file__).parent / "results" / f"{options.data.name}_job.json"
    record(output, measured(options))


if __name__ == "__main__":
    main(tyro.cli(WholeJob))
