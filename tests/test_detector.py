"""`load_detector(config).score(image)` says what the two commands say of the same photo."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.detector import Detector, load_detector
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.queries import Intrinsics
from tests.command_line import run_command

QUERY = "test/Burrs/0.png"


@pytest.fixture(scope="module")
def scored(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the two commands with their default options leave behind of one photo."""
    out = tmp_path_factory.mktemp("commands") / "out"
    options = ["--load-config", tiny_run, "--output-dir", out]
    assert run_command("ns-pad-localize", *options, "--queries", photo_of(tiny_run)).code == 0
    assert run_command("ns-pad-score", *options, "--poses", out / "poses.json").code == 0
    return out


@pytest.fixture(scope="module")
def detector(tiny_run: Path) -> Detector:
    """With default options, everything computed at load."""
    return load_detector(tiny_run)


def photo_of(tiny_run: Path) -> Path:
    return tiny_run.parents[3] / "cube" / QUERY


@pytest.mark.slow
def test_the_numbers_of_the_commands(detector: Detector, scored: Path, tiny_run: Path) -> None:
    result = detector.score(photo_of(tiny_run))
    (frame,) = json.loads((scored / "poses.json").read_text())["frames"]
    (row,) = csv.DictReader((scored / "scores.csv").open())
    assert result.pose.tolist() == frame["transform_matrix"]
    assert (result.residual, result.converged) == (frame["residual"], frame["converged"])
    assert np.array_equal(result.map, tifffile.imread(scored / f"maps/{QUERY.replace('png', 'tiff')}"))
    (record,) = (scored / ".records" / "test").rglob("*.json")
    assert result.score == json.loads(record.read_text())["score"]["image_score"] == result.map.max()
    assert (f"{result.p_value:.6g}", f"{result.threshold:.6g}") == (row["p_value"], row["threshold"])
    assert str(result.is_anomalous).lower() == row["is_anomalous"]
    assert np.array_equal(result.reference, np.asarray(Image.open(scored / "references" / QUERY)))
    assert np.array_equal(result.overlay, np.asarray(Image.open(scored / "overlays" / QUERY)))
    assert np.array_equal(result.image, np.asarray(Image.open(photo_of(tiny_run))))
    assert result.threshold is not None and np.array_equal(result.mask, result.map > result.threshold)
    assert 0 < result.seconds < 100


@pytest.mark.slow
def test_pixels_count_as_much_as_their_file(detector: Detector, tiny_run: Path) -> None:
    path = photo_of(tiny_run)
    by_path, by_pixels = detector.score(str(path)), detector.score(read_image(path))
    assert by_path.score == by_pixels.score and np.array_equal(by_path.pose, by_pixels.pose)


@pytest.mark.slow
def test_what_was_learnt_is_read_again(
    scored: Path, detector: Detector, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pad_nerfstudio.anomaly import calibrated_scorer

    monkeypatch.setattr(calibrated_scorer, "learn_from_normal_views", None)
    cached = load_detector(str(tiny_run), cache=str(scored))
    assert cached.calibrated.calibration.threshold == detector.calibrated.calibration.threshold


@pytest.mark.slow
def test_what_is_no_photo_is_told_in_a_sentence(detector: Detector, tiny_run: Path, tmp_path: Path) -> None:
    text, wide = tmp_path / "text.png", np.zeros((32, 64, 3), np.uint8)
    text.write_text("no image")
    for image, words in (
        (tmp_path / "nowhere.png", "no such image"),
        (text, "broken, truncated or no image"),
        (np.zeros((8, 8, 3), np.float32), "an array of float32, 8x8x3; give uint8 RGB"),
        (np.zeros((8, 8), np.uint8), "an array of uint8, 8x8; give"),
        (wide, "64x32 pixels have other proportions"),
    ):
        with pytest.raises(UserError, match=words):
            detector.score(image)
    assert detector.read(wide, Intrinsics(fl_x=90.0))[1].fl_x == 90.0


def test_a_config_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config.yml: no such file; give the config.yml that ns-train printed"):
        load_detector(tmp_path / "config.yml")
