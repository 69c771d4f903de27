"""`ns-pad-bench` from its options to its files, with commands that write what they are told to."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.benchmark import run
from pad_nerfstudio.benchmark.job import Job, Record
from pad_nerfstudio.localization.true_poses import pose_figures
from tests.command_line import Ended, run_command
from tests.mad_class_factory import look_at_origin, make_mad_class, rig

PRESETS = {
    "plain": "score: {comparison: squared-error}",
    "heavy": "score: {comparison: feature-stacked, extractor: efficientnet_b4}",
}


class FakeProcesses:
    """Stands for the commands: writes metrics that depend on the class, and has no weights."""

    run_jobs: list[Job] = []

    def __init__(self, environment: Any) -> None:
        pass

    def end_all(self) -> None:
        pass

    def run(self, job: Job) -> Record:
        self.run_jobs.append(job)
        error = "no weights; give --weights" if "efficientnet_b4" in self._settings(job) else None
        job.folder.mkdir(parents=True, exist_ok=True)
        if error is None:
            job.outputs[0].parent.mkdir(parents=True, exist_ok=True)
            job.outputs[0].write_text(json.dumps(self._content(job)))
        return job.write_record(time.time(), error, 2.0, 1.5)

    @staticmethod
    def _settings(job: Job) -> str:
        return Path(job.command[-1]).read_text() if job.step == "score" else ""

    @staticmethod
    def _content(job: Job) -> dict[str, Any]:
        figure = 0.9 if "cubeA" in str(job.folder) else 0.7
        frame = {
            "file_path": "test/good/0.png",
            "transform_matrix": rig()[0].tolist(),
            "converged": True,
            "seconds": 1.0,
        }
        return {
            "train": {},
            "localize": {"frames": [frame]},
            "score": {
                "overall": {**dict.fromkeys(METRIC_NAMES, figure), "aupro": None, "reasons": {"aupro": "no mask"}}
            },
        }[job.step]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of two classes, the true pose of one query of one of them known; presets; commands that are fakes."""
    for name in ("cubeA", "cubeB"):
        make_mad_class(tmp_path / "data" / name)
    truth = {"frames": [{"file_path": "test/good/0.png", "transform_matrix": rig()[0].tolist()}]}
    (tmp_path / "data" / "cubeA" / "true_poses.json").write_text(json.dumps(truth))
    for name, text in PRESETS.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(run, "ChildProcesses", FakeProcesses)
    monkeypatch.setattr(FakeProcesses, "run_jobs", [])
    return tmp_path


def bench(root: Path, *arguments: str) -> Ended:
    presets = [root / f"{name}.yaml" for name in PRESETS]
    return run_command(
        "ns-pad-bench", "--data", root / "data", "--output-dir", root / "out", "--presets", *presets, *arguments
    )


def test_from_options_to_files(root: Path) -> None:
    ended = bench(root)
    assert ended.code == 0, ended.err
    assert ended.err == "heavy on cubeA, heavy on cubeB: not run: no weights; give --weights.\n"
    out = root / "out"
    for path in ("benchmark.html", "tables.md", "tables", "benchmark.json"):
        assert f"{out / path}\n" in ended.out
    assert [job.step for job in FakeProcesses.run_jobs].count("train") == 2 and len(FakeProcesses.run_jobs) == 8
    table = (out / "tables" / "auroc.csv").read_text().splitlines()
    assert table[1:3] == ["cubeA,90.0,90.0,not run,not run", "cubeB,70.0,70.0,not run,not run"]
    assert table[3].startswith("mean,80") and table[3].endswith(",,")
    results = json.loads((out / "benchmark.json").read_text())["results"]
    plain, heavy = results[:2]
    assert plain["median_degrees"] == 0 and plain["auc_005"] == 100 and len(plain["trained_on"]) == 11
    assert plain["aupro"] is None and plain["reasons"]["aupro"] == "no mask"
    assert heavy["image_auroc"] is None and heavy["not_run"] == heavy["reasons"]["image_auroc"]
    assert results[2]["auc_005"] is None and "true_poses.json is not in" in results[2]["reasons"]["auc_005"]
    assert plain["train_seconds"] == 2.0 and plain["score_gib"] == 1.5 and heavy["score_seconds"] is None
    page = (out / "benchmark.html").read_text()
    assert "not run: no weights; give --weights" in page and "known for 2 classes, 3 are needed" in page
    assert "no checkpoint" in page  # of the field that the fake did not train


def test_only_what_failed_is_run_again(root: Path) -> None:
    bench(root)
    FakeProcesses.run_jobs.clear()
    assert bench(root).code == 0
    assert [job.step for job in FakeProcesses.run_jobs] == ["score", "score"]


def test_numbers_of_views_are_studied(root: Path) -> None:
    assert bench(root, "--views", "all", "4", "--classes", "cubeA").code == 0
    assert "--train-views 4" in " ".join(word for job in FakeProcesses.run_jobs for word in job.command)
    rows = (root / "out" / "tables" / "views.csv").read_text().splitlines()
    assert [row.split(",")[:3] for row in rows[1:3]] == [["plain", "all", "1"], ["plain", "4", "1"]]
    assert (root / "out" / "tables" / "views_image_auroc.svg").read_text().count("<circle") == 2
    results = json.loads((root / "out" / "benchmark.json").read_text())["results"]
    assert [len(result["trained_on"]) for result in results] == [11, 11, 4, 4]


def test_mistakes_are_told_before_anything_runs(root: Path) -> None:
    wrong = root / "wrong.yaml"
    for text, sentence in {
        "score: {comparision: x}": "score: has no option 'comparision'",
        "localize: {hypotheses: few}": "localize: hypotheses cannot be 'few'",
        "train: {method: nerf}": "train: there is no method 'nerf'",
    }.items():
        wrong.write_text(text)
        ended = bench(root, "--presets", str(wrong))
        assert ended.code == 2 and ended.err.startswith(f"error: {wrong}: {sentence}"), ended.err
    for arguments, sentence in {
        ("--classes", "cat"): "error: --classes cat: no such class",
        ("--jobs", "0"): "error: --jobs 0: out of range; give 1 or more",
        ("--memory-gib", "0"): "error: --memory-gib 0.0: out of range",
        ("--views", "0"): "error: --views 0: out of range; give 1 or more",
    }.items():
        ended = bench(root, *arguments)
        assert ended.code == 2 and ended.err.startswith(sentence) and ended.err.count("\n") == 1, ended.err
    assert FakeProcesses.run_jobs == []


def test_poses_are_judged_over_the_photos_that_both_know(tmp_path: Path) -> None:
    turned = look_at_origin(rig()[0][:3, 3] + [0.0, 0.0, 0.01])
    found = [("a", rig()[0], True), ("b", turned, False), ("unknown", rig()[2], True)]
    frames = [
        {"file_path": name, "transform_matrix": pose.tolist(), "converged": converged, "seconds": 2.0}
        for name, pose, converged in found
    ]
    (tmp_path / "poses.json").write_text(json.dumps({"frames": frames}))
    truth = [{"file_path": name, "transform_matrix": rig()[0].tolist()} for name in ("a", "b", "c")]
    (tmp_path / "true.json").write_text(json.dumps({"frames": truth}))
    figures = pose_figures(tmp_path / "poses.json", tmp_path / "true.json")
    assert figures["count"] == 2 and figures["converged"] == 1 and figures["seconds_per_query"] == 2.0
    assert figures["max_distance"] == pytest.approx(0.01) and figures["median_distance"] == pytest.approx(0.005)
