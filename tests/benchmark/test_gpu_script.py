"""`benchmarks/gpu.py`: its parts, and once as a whole on a CPU."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The scripts' modules, as they import each other."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import child
    import gpu
    import gpu_table

    return SimpleNamespace(child=child, gpu=gpu, table=gpu_table)


@pytest.fixture(params=["run_child", "run_forked"])
def run(request: pytest.FixtureRequest, scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Both ways to run a step; modules may lie in the test's folder."""
    monkeypatch.syspath_prepend(str(request.getfixturevalue("tmp_path")))
    return getattr(scripts.child, request.param)


def test_a_step_ends_with_its_budget(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text("import time; print('begun', flush=True); time.sleep(60)")
    start = time.perf_counter()
    outcome = run("sleeper", [], tmp_path / "log", 3.0, {"PYTHONPATH": str(tmp_path)})
    assert outcome.reason == "not finished within 3 s" and time.perf_counter() - start < 30


def test_a_failure_is_told_in_the_commands_own_words(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(
        "import sys; print('error: no such file; give another'); print('x'); sys.exit(2)"
    )
    outcome = run("failing", [], tmp_path / "log", 60.0, {"PYTHONPATH": str(tmp_path)})
    assert outcome.reason == "no such file; give another"


def test_the_tables_have_a_line_for_each_row(scripts: SimpleNamespace) -> None:
    rows = [
        {"kind": "training", "toy": "a", "method": "pad-nerf", "psnr": 35.123456, "to_35_db": 9.5, "reason": None},
        {"kind": "queries", "toy": "a", "method": "pad-splat", "preset": "default", "reason": "there is no field"},
        {"kind": "gsplat's CUDA code", "toy": None, "reason": "needs CUDA"},
    ]
    text = scripts.table.markdown(rows, "made")
    assert "| a | pad-nerf |  |  | 9.5 | 35.12 |" in text and "there is no field |" in text
    assert "- gsplat's CUDA code: needs CUDA" in text


def test_queries_are_spread_evenly(scripts: SimpleNamespace) -> None:
    paths = [Path(str(i)) for i in range(10)]
    assert [path.name for path in scripts.gpu.some_of(paths, 2)] == ["2", "7"]
    assert scripts.gpu.some_of(paths, 0) == paths == scripts.gpu.some_of(paths, 99)


@pytest.fixture
def rows_of(scripts: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict]]:
    """What a benchmark of two toys writes whose steps are replaced."""

    def run(child: Callable[..., object], **options: float) -> list[dict]:
        monkeypatch.setattr(scripts.gpu, "run_child", child)
        monkeypatch.setattr(scripts.gpu, "find_queries", lambda _: [])
        output = tmp_path / "gpu.json"
        benchmark = scripts.gpu.Benchmark(
            scripts.gpu.GpuBenchmark(work_dir=tmp_path / "work", output=output, **options)
        )
        benchmark.run([tmp_path / "a", tmp_path / "b"])
        assert output.with_suffix(".md").is_file()
        return json.loads(output.read_text())["rows"]

    return run


def trains(scripts: SimpleNamespace) -> Callable[..., object]:
    """Steps that all succeed; trainings leave their figures."""

    def child(module: str, arguments: list[str], log: Path, budget: float, _: object) -> object:
        if module == "timed_training":
            run = log.parent / "run" / arguments[1] / "run"
            run.mkdir(parents=True)
            (run / "training.json").write_text('{"psnr": 30.0}')
        return scripts.child.Outcome(1.0, None, None)

    return child


def test_what_goes_wrong_with_a_peer_is_one_row(
    scripts: SimpleNamespace, rows_of: Callable[..., list[dict]], monkeypatch: pytest.MonkeyPatch
) -> None:
    works = trains(scripts)

    def child(module: str, arguments: list[str], *rest: object) -> object:
        if "nerfacto" in arguments:
            raise OSError("no more processes")
        if "splatfacto" in arguments:
            return scripts.child.Outcome(1.0, None, "CUDA is gone")
        return works(module, arguments, *rest)

    def figures(out: Path, toy: Path) -> dict:
        return {"auc_005": 1 / 0} if "splatpose" in out.name else {"auc_005": 1.0}

    monkeypatch.setattr(scripts.gpu, "figures_of_poses", figures)
    rows = rows_of(child)
    trained = {(row["method"], row["toy"]): row["reason"] for row in rows if row["kind"] == "training"}
    assert len(trained) == 8 and trained["nerfacto", "a"] == "OSError: no more processes"
    assert trained["splatfacto", "b"] == "CUDA is gone" and trained["pad-nerf", "b"] is None
    judged = {(row["method"], row["preset"]): row for row in rows if row["kind"] == "queries"}
    assert judged["pad-nerf", "default"]["auc_005"] == 1.0
    assert judged["pad-nerf", "splatpose"]["reason"].startswith("ZeroDivisionError")


def test_steps_end_with_the_benchmark_s_time(scripts: SimpleNamespace, rows_of: Callable[..., list[dict]]) -> None:
    works, budgets = trains(scripts), []

    def child(module: str, arguments: list[str], log: Path, budget: float, variables: object) -> object:
        budgets.append(budget)
        return works(module, arguments, log, budget, variables)

    assert all(row["reason"] for row in rows_of(child, seconds=4.0)[1:] if row["kind"] == "training")
    assert len(budgets) == 1, "only the build, which began with the clock"
    rows_of(child, seconds=50.0)
    assert max(budgets[1:]) <= 50.0


@pytest.mark.slow
def test_the_whole_script_runs_on_a_cpu(tmp_path: Path) -> None:
    """Five steps, of which none imports Nerfstudio again."""
    output = tmp_path / "gpu.json"
    command = [sys.executable, SCRIPTS / "gpu.py", "--tiny", "--work-dir", tmp_path / "work", "--output", output]
    subprocess.run([*command, "--preset-queries", "2"], check=True, timeout=1800, stdout=subprocess.DEVNULL)
    rows = json.loads(output.read_text())["rows"]
    trained = {row["method"]: row for row in rows if row["kind"] == "training"}
    judged = {(row["method"], row["preset"]): row for row in rows if row["kind"] == "queries"}
    assert trained["pad-nerf"]["reason"] is None and trained["pad-nerf"]["psnr"] > 22
    assert trained["pad-splat"]["reason"] == trained["splatfacto"]["reason"] == "needs CUDA"
    for preset in ("default", "omniposead-vanilla"):
        row = judged["pad-nerf", preset]
        assert row["reason"] is None and row["queries"] == 2, row
        assert row["auc_5_degrees"] >= 0 and 0 <= row["pixel_auroc"] <= 1
    assert "| brick_demo | pad-nerf | omniposead-vanilla | 2 |" in output.with_suffix(".md").read_text()
