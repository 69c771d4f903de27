"""Running one job in a process of its own: time, memory, and why it failed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from pad_nerfstudio.benchmark.job import Job, Record

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class ChildProcesses:
    """The processes of a benchmark; all of them can be ended from another thread.

    Example:
        >>> ChildProcesses().run(job)["wall_seconds"]
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Set up.

        Args:
            environment: variables set for every process, beside those of this one
        """
        self._environment = {**os.environ, **(environment or {})}
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, job: Job) -> Record:
        """Run a job to its end and record it.

        The peak is the largest resident size of the process or of any of its children (`ru_maxrss`); it is at least
        that of the process which called this, since a child begins as its copy.
        """
        job.folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        with job.log.open("wb") as log, self._lock:
            if self._ended:
                raise InterruptedError("the benchmark was ended")
            process = subprocess.Popen(
                job.command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=self._environment, start_new_session=True,
            )  # fmt: skip
            self._running.add(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        with self._lock:
            self._running.discard(process.pid)
            if self._ended:
                raise InterruptedError("the benchmark was ended")
        process.returncode = os.waitstatus_to_exitcode(status)
        error = reason_of_failure(job, process.returncode)
        peak = usage.ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
        return job.write_record(time.time(), error, time.perf_counter() - start, peak)

    def end_all(self) -> None:
        """End every process and what it started, and start no more."""
        with self._lock:
            self._ended = True
            for pid in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGTERM)


def reason_of_failure(job: Job, exit_code: int) -> str | None:
    """Why a job failed, in one sentence; None where it did not.

    It is the command's own sentence where there is one, else the last line of its log.
    """
    missing = [path for path in job.outputs if not path.is_file()]
    if exit_code == 0:
        return f"{missing[0]} was not written; see {job.log}" if missing else None
    lines = [ANSI.sub("", line).strip() for line in job.log.read_text(encoding="utf-8", errors="replace").splitlines()]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if told:
        return told[-1]
    if exit_code < 0:
        hint = ", perhaps for want of memory" if exit_code == -signal.SIGKILL else ""
        return f"ended by {signal.Signals(-exit_code).name}{hint}; see {job.log}"
    last = next((line for line in reversed(lines) if re.search(r"\w", line)), "it printed nothing")
    return f"ended with exit code {exit_code} ({last[:160]}); see {job.log}"
