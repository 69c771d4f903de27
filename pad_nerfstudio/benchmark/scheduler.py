"""Which job starts when: after those it needs, as many at once as cores and memory allow."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from pad_nerfstudio.benchmark.job import Job, Record

Status = Literal["waiting", "running", "finished", "failed", "left out"]


@dataclass(frozen=True)
class State:
    """Where a job stands."""

    status: Status
    """`left out`: a job that it needs has failed."""
    reason: str = ""
    """Why it failed or was left out, in one sentence."""
    record: Record | None = None
    """Of a job that has ended."""


class Peaks:
    """Memory that jobs of a step are expected to need: the most that one of them has needed so far."""

    def __init__(self, bound_gib: float = math.inf) -> None:
        """Set up; `bound_gib` is what all running jobs may need together."""
        self.bound_gib = bound_gib
        self._most: dict[str, float] = {}

    def learn(self, job: Job, record: Record) -> None:
        """Take a finished job into account."""
        self._most[job.step] = max(self._most.get(job.step, 0.0), record["peak_gib"])

    def admits(self, job: Job, running: Iterable[Job]) -> bool:
        """Whether a job may start beside those that run.

        The first job of its step is taken to need all there is, so it runs alone, as does one that needs more than the
        bound: alone, because it would else never start.
        """
        others = [self._most.get(other.step, self.bound_gib) for other in running]
        return not others or sum(others) + self._most.get(job.step, self.bound_gib) <= self.bound_gib


def run_jobs(
    jobs: Sequence[Job],
    execute: Callable[[Job], Record],
    workers: int,
    peaks: Peaks,
    show: Callable[[dict[Job, State]], None] = lambda _: None,
    end_all: Callable[[], None] = lambda: None,
) -> dict[Job, State]:
    """Run all jobs that are not finished yet; a job that fails takes along those that need it, and no others.

    Args:
        jobs: each after those it needs
        execute: runs a job to its end and returns its record; called in threads, several at a time
        workers: how many jobs run at once
        peaks: what they may need together
        show: is told of every change
        end_all: ends the jobs that run; called where waiting for them is interrupted

    Returns:
        how each job ended, in the order of `jobs`
    """
    states: dict[Job, State] = {}
    for job in jobs:
        record = job.finished()
        states[job] = State("waiting") if record is None else State("finished", record=record)
        if record is not None:
            peaks.learn(job, record)
    running: dict[Future[Record], Job] = {}
    with ThreadPoolExecutor(workers) as pool, _ended_by(end_all):
        while True:
            _leave_out(states)
            for job in [job for job, state in states.items() if state.status == "waiting" and _is_ready(job, states)]:
                if len(running) == workers or not peaks.admits(job, running.values()):
                    break  # none overtakes, or a job whose need is not known yet would wait for all others
                running[pool.submit(execute, job)] = job
                states[job] = State("running")
            show(states)
            if not running:
                return states
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, record = running.pop(future), future.result()
                states[job] = State("failed" if record["error"] else "finished", record["error"] or "", record)
                if not record["error"]:
                    peaks.learn(job, record)


@contextmanager
def _ended_by(end_all: Callable[[], None]) -> Iterator[None]:
    """Call `end_all` on any exception: leaving the thread pool would else wait for the jobs to end by themselves."""
    try:
        yield
    except BaseException:
        end_all()
        raise


def _is_ready(job: Job, states: dict[Job, State]) -> bool:
    return job.after is None or states[job.after].status == "finished"


def _leave_out(states: dict[Job, State]) -> None:
    """Give up the jobs that need one which has failed, and in turn those that need them."""
    for job, state in states.items():
        before = None if job.after is None else states[job.after]
        if state.status == "waiting" and before is not None and before.status in ("failed", "left out"):
            states[job] = State("left out", before.reason)
