"""From a trained run to the report, with the commands a user types."""

import csv
import json
from pathlib import Path

import pytest

from tests.trained_run import run_script


@pytest.fixture(scope="module")
def results(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of ns-pad-localize and ns-pad-score on the coloured cube."""
    out = tmp_path_factory.mktemp("results")
    run_script("pad_nerfstudio.commands.localize", "--load-config", tiny_run, "--output-dir", out)
    done = run_script(
        "pad_nerfstudio.commands.score",
        "--load-config", tiny_run, "--poses", out / "poses.json", "--output-dir", out,
    )  # fmt: skip
    assert str(out / "report.html") in done.stdout.replace("\n", "")
    return out


def test_every_query_has_a_rigid_pose_and_a_score(results: Path) -> None:
    frames = json.loads((results / "poses.json").read_text())["frames"]
    names = [frame["file_path"] for frame in frames]
    assert names == ["test/Burrs/0.png", "test/Burrs/1.png", "test/good/0.png", "test/good/1.png"]
    assert all(set(frame) >= {"transform_matrix", "residual", "converged", "seconds"} for frame in frames)
    with (results / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["file_path"] for row in rows] == names
    assert list(rows[0])[:7] == [
        "file_path", "kind", "label", "image_score", "p_value", "threshold", "is_anomalous",
    ]  # fmt: skip


def test_every_output_of_the_contract_is_there(results: Path) -> None:
    for kind in ("Burrs", "good"):
        for number in (0, 1):
            assert (results / "maps" / "test" / kind / f"{number}.tiff").is_file()
            assert (results / "references" / "test" / kind / f"{number}.png").is_file()
            assert (results / "overlays" / "test" / kind / f"{number}.png").is_file()
    metrics = json.loads((results / "metrics.json").read_text())
    text = json.dumps(metrics)
    for name in ("image_auroc", "pixel_auroc", "seg_pixel_auroc", "aupro", "pixel_ap", "image_f1_max", "pixel_f1_max"):
        assert name in text
    page = (results / "report.html").read_text()
    assert "http:" not in page.replace("http://www.w3.org", "") and "https:" not in page


def test_a_second_run_computes_nothing_again(tiny_run: Path, results: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (results / "maps").rglob("*.tiff")}
    seconds = [frame["seconds"] for frame in json.loads((results / "poses.json").read_text())["frames"]]
    run_script("pad_nerfstudio.commands.localize", "--load-config", tiny_run, "--output-dir", results)
    assert [f["seconds"] for f in json.loads((results / "poses.json").read_text())["frames"]] == seconds
    again = run_script(
        "pad_nerfstudio.commands.score",
        "--load-config", tiny_run, "--poses", results / "poses.json", "--output-dir", results, "--part-id", "folder",
    )  # fmt: skip
    assert {path: path.stat().st_mtime_ns for path in (results / "maps").rglob("*.tiff")} == before
    assert str(results / "parts.csv") in again.stdout.replace("\n", "")
    with (results / "parts.csv").open() as file:
        parts = {row["part_id"]: row for row in csv.DictReader(file)}
    assert set(parts) == {"Burrs", "good"} and {row["n_fused"] for row in parts.values()} == {"2"}
    assert all(float(row["fused_score"]) > 0 and (results / row["volume"]).is_file() for row in parts.values())


@pytest.mark.parametrize("command", ["localize", "score"])
def test_a_user_s_mistake_is_one_line_and_exit_code_2(command: str, tmp_path: Path) -> None:
    done = run_script(
        f"pad_nerfstudio.commands.{command}",
        "--load-config",
        tmp_path / "no.yml",
        "--output-dir",
        tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: {tmp_path / 'no.yml'}: no such file; give the config.yml that ns-train printed"
    ]
