"""The learned scene-level method and its variants side by side: what ns-pad-score found, how long training took.

    python benchmarks/odd_one_out_ablation.py --scored final=DIR A=DIR B=DIR \\
        --trained shared=LOG final=LOG A=LOG B=LOG --output benchmarks/results/odd_one_out_learned.json

DIR is an output folder of ns-pad-score; LOG is what `/usr/bin/time -v ns-train ...` printed.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from recorded import record

COLUMNS = ("auc", "accuracy", "mean_iou", "recall")
"""Of the table, in percent."""


@dataclass
class Ablation:
    """Options of odd_one_out_ablation.py."""

    scored: tuple[str, ...]
    """NAME=DIR for each row."""
    output: Path
    """Where the figures go."""
    trained: tuple[str, ...] = ()
    """NAME=LOG for each training run."""


def pairs(given: tuple[str, ...]) -> dict[str, Path]:
    """Paths by name."""
    return {name: Path(path) for name, _, path in (text.partition("=") for text in given)}


def cost_of(log: str) -> dict[str, Any]:
    """Command, wall-clock seconds and peak memory that GNU time printed.

    Example:
        >>> cost_of("Elapsed (wall clock) time (h:mm:ss or m:ss): 1:02:03\\n Maximum resident set size (kbytes): 2048")
        {'command': None, 'seconds': 3723.0, 'peak_gb': 0.002}
    """
    command = re.search(r"(ns-train odd-one-out [^\n\"]*)\"?\n", log)
    clock = re.search(r"Elapsed \(wall clock\).*: ([\d:.]+)", log)
    memory = re.search(r"Maximum resident set size \(kbytes\): (\d+)", log)
    seconds = None
    if clock:
        seconds = 0.0
        for part in clock[1].split(":"):
            seconds = 60 * seconds + float(part)
    return {
        "command": command[1] if command else None,
        "seconds": seconds,
        "peak_gb": round(int(memory[1]) / 1024**2, 3) if memory else None,
    }


def percent(value: float | None) -> str:
    """With one decimal; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.1f}"


def table(rows: dict[str, dict[str, Any]]) -> str:
    """A row of markdown for each method and number of views."""
    lines = [f"| method | views | {' | '.join(COLUMNS)} | s a scene |", "|" + "---|" * (len(COLUMNS) + 3)]
    for name, found in rows.items():
        for views, metrics in found["views"].items():
            overall = metrics["overall"]
            figures = " | ".join(percent(overall[column]) for column in COLUMNS)
            lines.append(f"| {name} | {views} | {figures} | {overall['seconds_per_scene']:.2f} |")
    return "\n".join(lines)


def main(options: Ablation) -> None:
    """Read, print, write."""
    rows = {
        name: json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        for name, folder in pairs(options.scored).items()
    }
    for found in rows.values():
        found.pop("notes", None)  # a sentence for every scene in which something touches
    costs = {name: cost_of(log.read_text(encoding="utf-8")) for name, log in pairs(options.trained).items()}
    print(table(rows))
    record(options.output, {"rows": rows, "training": costs}, packages=("scikit-learn", "timm"))


if __name__ == "__main__":
    main(tyro.cli(Ablation, description=__doc__))
