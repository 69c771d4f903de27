"""The resumable run: outputs as agreed, nothing computed twice, nothing stale kept."""

import csv
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.anomaly.map_noise import CALIBRATIONS
from pad_nerfstudio.anomaly.outputs import CSV_COLUMNS, OutputFolder
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.run import run_scoring
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from tests.anomaly.fakes import WHITE, SquareRenderer, training_view, write_photo


@dataclass
class FakeField(SquareRenderer):
    """A trained field as far as scoring looks at one."""

    data_root: Path
    method: str = "pad-nerf"
    renders: int = 0
    background: torch.Tensor = field(default_factory=lambda: WHITE)

    def __post_init__(self) -> None:
        self.camera, self.training_views = Pinhole.from_angle_x(0.691, 48, 48), [training_view(self.data_root)]
        self.config_path, self.checkpoint = self.data_root / "config.yml", self.data_root / "step-1.ckpt"
        self.config_path.write_text("machine:\n  seed: 7\n")
        self.checkpoint.write_bytes(b"weights")


@pytest.fixture
def toy(tmp_path: Path) -> FakeField:
    return FakeField(tmp_path)


def photos(root: Path, **options: bool) -> list[PosedPhoto]:
    return [write_photo(root, kind, i, **options) for kind in ("good", "Burrs") for i in range(3)]


def normal_views(root: Path, count: int = 20) -> list[PosedPhoto]:
    return [write_photo(root / "held_out", "good", i) for i in range(3, 3 + count)]


def test_outputs_follow_the_contract(toy: FakeField) -> None:
    output = OutputFolder(toy.data_root / "out")
    run = run_scoring(toy, photos(toy.data_root), normal_views(toy.data_root), output, ScoringSettings())
    rows = list(csv.DictReader(output.scores_path.open()))
    assert tuple(rows[0]) == CSV_COLUMNS and len(rows) == 6
    assert rows[3]["file_path"] == "test/Burrs/0.png" and rows[3]["label"] == "1" and rows[3]["kind"] == "Burrs"
    assert [row["is_anomalous"] for row in rows[3:]] == ["true"] * 3
    assert float(rows[3]["p_value"]) == pytest.approx(1 / 21, rel=1e-4)
    assert float(rows[0]["threshold"]) == pytest.approx(run.calibration.threshold, rel=1e-4)
    anomaly_map = tifffile.imread(output.root / "maps/test/Burrs/0.tiff")
    assert anomaly_map.dtype == np.float32 and anomaly_map.shape == (48, 48)
    assert float(anomaly_map.max()) == pytest.approx(float(rows[3]["image_score"]), rel=1e-4)
    for folder in ("references", "overlays"):
        assert Image.open(output.root / folder / "test/Burrs/0.png").size == (48, 48)
    metrics = json.loads(output.metrics_path.read_text())
    assert metrics["overall"]["image_auroc"] == 1.0 and metrics["overall"]["pixel_auroc"] > 0.99
    assert set(metrics["kinds"]) == {"Burrs"} and set(METRIC_NAMES) < set(metrics["kinds"]["Burrs"])
    assert metrics["seed"] == 7 and metrics["preset"] == "pad-nerf" and metrics["versions"]["torch"]
    assert metrics["normal_views"] == 20 and metrics["threshold"] == pytest.approx(run.calibration.threshold)
    assert not list(output.root.rglob("*.tmp*"))


def test_a_restart_renders_nothing_that_is_finished(toy: FakeField) -> None:
    output, queries, normal = OutputFolder(toy.data_root / "out"), photos(toy.data_root), normal_views(toy.data_root)
    first = run_scoring(toy, queries[:4], normal, output, ScoringSettings())
    toy.renders = 0
    second = run_scoring(toy, queries, normal, output, ScoringSettings())
    assert toy.renders == 2 + len(toy.training_views)
    assert second.scores[:4] == first.scores
    output.map_path(queries[0].file_path).unlink()
    output.record_path(queries[1].file_path).write_text("{")
    toy.renders = 0
    assert (
        run_scoring(toy, queries, normal, output, ScoringSettings()).scores[0].image_score
        == first.scores[0].image_score
    )
    assert toy.renders == 2 + len(toy.training_views)


def test_other_settings_poses_or_weights_are_computed_anew(toy: FakeField) -> None:
    output, queries = OutputFolder(toy.data_root / "out"), photos(toy.data_root)[:2]
    run_scoring(toy, queries, [], output, ScoringSettings())

    def renders(changed: list[PosedPhoto], settings: ScoringSettings) -> int:
        toy.renders = 0
        run_scoring(toy, changed, [], output, settings)
        return toy.renders

    assert renders(queries, ScoringSettings()) == 0
    assert renders(queries, ScoringSettings(comparison="squared-error")) == 2
    moved = torch.eye(4, dtype=torch.float64)
    moved[0, 3] = 0.1
    assert renders([queries[0], replace(queries[1], camera_to_world=moved)], ScoringSettings("squared-error")) == 1
    toy.checkpoint.write_bytes(b"other weights")
    assert renders(queries, ScoringSettings("squared-error")) == 2


def test_without_normal_views_threshold_and_p_value_stay_empty(toy: FakeField) -> None:
    output = OutputFolder(toy.data_root / "out")
    run_scoring(toy, photos(toy.data_root), [], output, ScoringSettings())
    row = next(iter(csv.DictReader(output.scores_path.open())))
    assert row["threshold"] == row["p_value"] == row["is_anomalous"] == ""
    metrics = json.loads(output.metrics_path.read_text())
    assert metrics["threshold"] is None and "held-out" in metrics["threshold_reason"]


def test_queries_without_label_mask_or_convergence_are_scored_all_the_same(toy: FakeField) -> None:
    unknown = replace(write_photo(toy.data_root, "Burrs", 5), kind="", label=None, mask_path=None, converged=False)
    output = OutputFolder(toy.data_root / "out")
    run = run_scoring(toy, [unknown], [], output, ScoringSettings())
    row = next(iter(csv.DictReader(output.scores_path.open())))
    assert row["label"] == row["kind"] == "" and row["converged"] == "false" and float(row["image_score"]) > 0
    assert run.summary["overall"]["image_auroc"] is None
    assert run.summary["overall"]["reasons"]["image_auroc"]
    assert run.summary["verdicts"]["not_localised"] == 1


def test_an_absolute_query_stays_inside_the_output_folder(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path / "out")
    for name in ("/photos/a.png", "../../a.png", "C:\\photos\\a.png"):
        assert output.map_path(name).resolve().is_relative_to(output.root.resolve())


def test_a_broken_photo_and_an_unknown_comparison_are_named(toy: FakeField) -> None:
    photo = write_photo(toy.data_root, "good", 0)
    photo.path.write_bytes(photo.path.read_bytes()[:100])
    output = OutputFolder(toy.data_root / "out")
    with pytest.raises(UserError, match="0.png"):
        run_scoring(toy, [photo], [], output, ScoringSettings())
    with pytest.raises(UserError, match="lab-envelope, squared-error"):
        run_scoring(toy, [photo], [], output, ScoringSettings(comparison="nothing"))


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrated_maps_still_find_the_defects(toy: FakeField, calibration: str) -> None:
    output, settings = OutputFolder(toy.data_root / "out"), ScoringSettings(calibration=calibration)
    queries, normal = photos(toy.data_root), normal_views(toy.data_root)
    run = run_scoring(toy, queries, normal, output, settings)
    assert run.summary["calibration"] == calibration and run.summary["overall"]["image_auroc"] == 1.0
    toy.renders = 0
    again = run_scoring(toy, queries, normal, output, settings)
    assert toy.renders == 0 and again.calibration.threshold == run.calibration.threshold


def test_few_views_are_extrapolated_and_said_so(toy: FakeField) -> None:
    output, settings = OutputFolder(toy.data_root / "out"), ScoringSettings(false_positive_rate=0.01)
    run = run_scoring(toy, photos(toy.data_root), normal_views(toy.data_root), output, settings)
    metrics = json.loads(output.metrics_path.read_text())
    assert metrics["threshold_extrapolated"] is True and "extrapolated from 20" in metrics["threshold_reason"]
    assert "extrapolated from 20 normal views" in run.verdict and run.sentences[-1] == metrics["threshold_reason"]


def test_choices_about_the_map_reach_the_files(toy: FakeField) -> None:
    queries, found = photos(toy.data_root), {}
    for name, settings in (
        ("plain", ScoringSettings(calibration="none")),
        ("object", ScoringSettings(calibration="none", only_object=True)),
        ("pooled", ScoringSettings(calibration="none", image_score="pooled-maximum")),
    ):
        output = OutputFolder(toy.data_root / name)
        run = run_scoring(toy, queries, [], output, settings)
        found[name] = (run.scores[0].image_score, tifffile.imread(output.map_path(queries[0].file_path)))
        assert run.summary["image_score"] == settings.image_score
    assert found["object"][1][0, 0] == 0.0 < found["plain"][1][0, 0]
    assert found["pooled"][0] < found["plain"][0]


def test_scores_by_place_leave_maps_as_they_are(toy: FakeField) -> None:
    queries, normal = photos(toy.data_root), normal_views(toy.data_root)
    outputs = [OutputFolder(toy.data_root / name) for name in ("plain", "placed")]
    plain, placed = (
        run_scoring(toy, queries, normal, output, ScoringSettings(places=places))
        for output, places in zip(outputs, (False, True), strict=True)
    )
    maps = [tifffile.imread(output.root / "maps/test/Burrs/0.tiff") for output in outputs]
    assert np.array_equal(*maps) and placed.scores[3].image_score != plain.scores[3].image_score
    assert [run.summary["places"] for run in (plain, placed)] == [False, True]
