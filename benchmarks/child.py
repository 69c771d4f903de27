"""One step of a benchmark in a process of its own: its time, its peak of GPU memory, and why it failed.

    python benchmarks/child.py FIGURES.json MODULE ARGUMENTS...

runs MODULE as `python -m MODULE ARGUMENTS...` would and writes what it took to FIGURES.json.
"""

import json
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pad_nerfstudio.benchmark.child_process import ANSI


@dataclass(frozen=True)
class Outcome:
    """What became of a step."""

    seconds: float
    """Wall time, the start of Python included."""
    peak_gigabytes: float | None
    """Largest memory that torch had allocated on the GPU; None without one."""
    reason: str | None
    """Why it failed, in a sentence; None where it did not."""


def run_child(
    module: str, arguments: Sequence[str], log: Path, budget: float, environment: Mapping[str, str]
) -> Outcome:
    """Run a module to its end, or to the end of its budget.

    Args:
        module: as for `python -m`
        arguments: of its command line
        log: gets what it prints; its figures lie beside it
        budget: seconds after which it is killed, with all that it started
        environment: variables beside those of this process
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    figures = log.with_suffix(".figures.json")
    figures.unlink(missing_ok=True)
    start = time.perf_counter()
    command = [sys.executable, "-W", "ignore", __file__, str(figures), module, *arguments]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **environment},
        )  # fmt: skip
        try:
            code = process.wait(timeout=max(budget, 0.0))
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return _outcome(time.perf_counter() - start, code, figures, log, budget)


def run_forked(
    module: str, arguments: Sequence[str], log: Path, budget: float, environment: Mapping[str, str]
) -> Outcome:
    """The same in a copy of this process, which has imported already what takes longer than a small step itself; not
    where this process has touched a GPU."""
    log.parent.mkdir(parents=True, exist_ok=True)
    figures = log.with_suffix(".figures.json")
    figures.unlink(missing_ok=True)
    start = time.perf_counter()
    step = (log, environment, figures, module, arguments)
    process = multiprocessing.get_context("fork").Process(target=_as_a_process_of_its_own, args=step)
    process.start()
    process.join(max(budget, 0.0))
    code = process.exitcode
    if code is None:
        with suppress(ProcessLookupError):  # not yet a group of its own
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.kill()
        process.join()
    return _outcome(time.perf_counter() - start, code, figures, log, budget)


def _as_a_process_of_its_own(log: Path, environment: Mapping[str, str], *step: Any) -> None:
    os.setsid()
    with log.open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    os.environ.update(environment)
    warnings.simplefilter("ignore")
    main(*step)


def _outcome(seconds: float, code: int | None, figures: Path, log: Path, budget: float) -> Outcome:
    peak = json.loads(figures.read_text())["peak_gigabytes"] if figures.is_file() else None
    reason = f"not finished within {budget:.0f} s" if code is None else last_words(log) if code else None
    return Outcome(seconds, peak, reason)


def last_words(log: Path) -> str:
    """A command's own sentence on its failure where there is one, else the last line of its log."""
    lines = [ANSI.sub("", line).strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return told[-1] if told else next((line[:200] for line in reversed(lines) if line), "it printed nothing")


def main(figures: Path, module: str, arguments: Sequence[str]) -> None:
    """Run the module here and note its peak of GPU memory, however it ends."""
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        figures.write_text(json.dumps({"peak_gigabytes": peak_gigabytes()}))


def peak_gigabytes() -> float | None:
    """Largest memory that torch has allocated on the GPU; None without one."""
    torch: Any = sys.modules.get("torch")
    return torch.cuda.max_memory_allocated() / 1e9 if torch is not None and torch.cuda.is_available() else None


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
