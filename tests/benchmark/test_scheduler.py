"""Which jobs run, in what order, and beside which others."""

import threading
import time
from pathlib import Path

import pytest

from pad_nerfstudio.benchmark.child_process import ChildProcesses, reason_of_failure
from pad_nerfstudio.benchmark.job import Job, Record
from pad_nerfstudio.benchmark.scheduler import Peaks, State, run_jobs
from tests.benchmark.fakes import python_job

WRITES = "pathlib.Path('out.json').write_text('{}')"


def chain(folder: Path, code: str = WRITES) -> list[Job]:
    train = python_job(folder, "train", WRITES)
    localize = python_job(folder, "localize", code, train)
    return [train, localize, python_job(folder, "score", WRITES, localize)]


class Executed:
    """Runs jobs and remembers which, and how many at once."""

    def __init__(self, peak_gib: dict[str, float] | None = None, seconds: float = 0.0) -> None:
        self.jobs: list[Job] = []
        self.together: list[set[str]] = []
        self._peaks = peak_gib or {}
        self._seconds = seconds
        self._running: list[Job] = []
        self._lock = threading.Lock()

    def __call__(self, job: Job) -> Record:
        with self._lock:
            self.jobs.append(job)
            self._running.append(job)
            self.together.append({other.folder.parent.name + other.step for other in self._running})
        time.sleep(self._seconds)
        job.folder.mkdir(parents=True, exist_ok=True)
        job.outputs[0].write_text("{}")
        with self._lock:
            self._running.remove(job)
        return job.write_record(time.time(), None, self._seconds, self._peaks.get(job.step, 1.0))


def test_real_processes_run_in_order_and_only_once(tmp_path: Path) -> None:
    jobs = chain(tmp_path)
    shown: list[dict[Job, State]] = []
    states = run_jobs(jobs, ChildProcesses().run, 2, Peaks(), lambda now: shown.append(dict(now)))
    assert [state.status for state in states.values()] == ["finished"] * 3 == [s.status for s in shown[-1].values()]
    records = [job.finished() for job in jobs]
    assert all(record and record["wall_seconds"] > 0 and 0.001 < record["peak_gib"] < 64 for record in records)
    again = Executed()
    assert run_jobs(jobs, again, 1, Peaks())[jobs[2]].record == records[2] and again.jobs == []


def test_a_run_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    jobs = chain(tmp_path)
    run_jobs(jobs[:1], Executed(), 1, Peaks())
    jobs[1].folder.mkdir()
    jobs[1].outputs[0].write_text("half of it")  # of a job that was killed: there is no record of it
    executed = Executed()
    run_jobs(jobs, executed, 1, Peaks())
    assert executed.jobs == jobs[1:]


def test_other_settings_or_a_redone_job_make_later_ones_run_again(tmp_path: Path) -> None:
    jobs = chain(tmp_path)
    run_jobs(jobs, Executed(), 1, Peaks())
    jobs[0].outputs[0].unlink()
    executed = Executed()
    run_jobs(jobs, executed, 1, Peaks())
    assert executed.jobs == jobs
    changed = chain(tmp_path, WRITES + "  # other settings")
    executed = Executed()
    run_jobs(changed, executed, 1, Peaks())
    assert executed.jobs == changed[1:]


def test_a_failure_is_told_and_takes_along_only_what_needs_it(tmp_path: Path) -> None:
    fails = "import sys; print('working'); sys.exit('error: no weights; give --weights')"
    broken, whole = chain(tmp_path / "a", fails), chain(tmp_path / "b")
    states = run_jobs([*broken, *whole], ChildProcesses().run, 2, Peaks())
    assert [states[job].status for job in broken] == ["finished", "failed", "left out"]
    assert {states[job].reason for job in broken[1:]} == {"no weights; give --weights"}
    assert all(states[job].status == "finished" for job in whole)
    record = broken[1].record()
    assert record and record["error"] == "no weights; give --weights" and broken[1].finished() is None
    assert "working" in broken[1].log.read_text()
    executed = Executed()
    states = run_jobs([*broken, *whole], executed, 1, Peaks())
    assert executed.jobs == broken[1:]  # a failed job is tried again


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "out.json was not written; see "),
        ("raise ValueError('odd')", "ended with exit code 1 (ValueError: odd); see "),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL, perhaps for want of memory; see "),
        ("import sys; sys.exit(3)", "ended with exit code 3 (it printed nothing); see "),
    ],
)
def test_every_failure_has_a_reason(tmp_path: Path, code: str, reason: str) -> None:
    job = python_job(tmp_path, "train", code)
    told = ChildProcesses().run(job)["error"]
    assert told is not None and reason in told and told.endswith(str(job.log))


def test_a_finished_command_without_its_output_has_failed(tmp_path: Path) -> None:
    job = python_job(tmp_path, "train", WRITES)
    ChildProcesses().run(job)
    assert reason_of_failure(job, 0) is None
    job.outputs[0].unlink()
    assert job.finished() is None and reason_of_failure(job, 0) is not None


def test_memory_bounds_what_runs_together(tmp_path: Path) -> None:
    classes = [chain(tmp_path / name)[0] for name in "abcd"]
    executed = Executed({"train": 2.0}, seconds=0.05)
    run_jobs(classes, executed, 4, Peaks(bound_gib=5.0))
    # the first of its step runs alone; then two of 2 GiB fit into 5, three do not
    assert [len(together) for together in executed.together][0] == 1
    assert max(len(together) for together in executed.together) == 2
    executed = Executed({"train": 9.0}, seconds=0.01)
    run_jobs([chain(tmp_path / name)[0] for name in "efg"], executed, 4, Peaks(bound_gib=5.0))
    assert {len(together) for together in executed.together} == {1} and len(executed.jobs) == 3


def test_peaks_of_earlier_runs_are_known(tmp_path: Path) -> None:
    first = chain(tmp_path / "a")[0]
    run_jobs([first], Executed({"train": 2.0}), 1, Peaks())
    executed = Executed({"train": 2.0}, seconds=0.05)
    run_jobs([first, *(chain(tmp_path / name)[0] for name in "bc")], executed, 4, Peaks(bound_gib=5.0))
    assert max(len(together) for together in executed.together) == 2 == len(executed.jobs)


def test_the_need_of_every_step_is_learnt_before_others_overtake(tmp_path: Path) -> None:
    jobs = [job for name in "abc" for job in chain(tmp_path / name)]
    executed = Executed(seconds=0.01)
    run_jobs(jobs, executed, 3, Peaks(bound_gib=5.0))
    assert executed.jobs[:3] == jobs[:3] and [len(together) for together in executed.together[:3]] == [1, 1, 1]
    assert max(len(together) for together in executed.together) > 1 and len(executed.jobs) == 9


def test_workers_bound_what_runs_together(tmp_path: Path) -> None:
    jobs = [chain(tmp_path / name)[0] for name in "abcde"]
    executed = Executed(seconds=0.03)
    run_jobs(jobs, executed, 2, Peaks())
    assert max(len(together) for together in executed.together) <= 2 and len(executed.jobs) == 5


def test_an_interruption_ends_what_runs_instead_of_waiting_for_it(tmp_path: Path) -> None:
    processes = ChildProcesses()
    job = python_job(tmp_path, "train", "import time; time.sleep(60)")

    def interrupt(states: dict[Job, State]) -> None:
        while not processes._running:
            time.sleep(0.01)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_jobs([job], processes.run, 1, Peaks(), interrupt, processes.end_all)
    assert time.monotonic() - start < 20 and job.record() is None


def test_ending_a_benchmark_ends_its_processes(tmp_path: Path) -> None:
    job = python_job(tmp_path, "train", "import time; time.sleep(60)")
    processes = ChildProcesses()
    outcome: list[BaseException] = []

    def run() -> None:
        try:
            processes.run(job)
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not processes._running:
        time.sleep(0.01)
    processes.end_all()
    thread.join(timeout=20)
    assert not thread.is_alive() and isinstance(outcome[0], InterruptedError)
    assert job.record() is None
    with pytest.raises(InterruptedError):
        processes.run(job)
