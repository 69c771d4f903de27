"""Options that mean nothing, and files they name that are none, end a command with one sentence and exit code 2."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.command_line import run_command, sentence_of
from tests.damage import BOTH, QUERY, copied, refused, resize
from tests.snapshots import check_sentence

LOCALIZER_OPTIONS = {
    "--hypotheses": "0",
    "--more-hypotheses": "0",
    "--rendered-views": "-1",
    "--finest-size": "0",
    "--finest-renders": "-1",
    "--doubt": "nan",
    "--tolerance": "0",
    "--inversion.steps": "-1",
    "--inversion.learning-rate": "0",
    "--inversion.decay": "-0.5",
    "--inversion.rays": "0",
    "--inversion.kernel": "0",
    "--inversion.dilations": "-1",
    "--inversion.seed": "-1",
}
SCORING_OPTIONS = {"--nearby-views": "-3", "--false-positive-rate": "1", "--chunk": "0"}


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained run in `run`, its class folder in `cube`."""
    return copied(tiny_run, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        *(("ns-pad-localize", option, value) for option, value in LOCALIZER_OPTIONS.items()),
        *(("ns-pad-score", option, value) for option, value in SCORING_OPTIONS.items()),
    ],
)
def test_numbers_out_of_range(tmp_path: Path, command: str, option: str, value: str) -> None:
    # Before the run is loaded: there is none.
    check_sentence(f"{option} {value}", refused(command, tmp_path, option, value))


@BOTH
def test_queries_that_are_none(folder: Path, command: str) -> None:
    (folder / "empty").mkdir()
    (folder / "text.png").write_text("no image")
    for case, path in {
        "--queries that are not there": folder / "nowhere",
        "--queries without a photo": folder / "empty",
        "--queries that are no photo": folder / "text.png",
    }.items():
        check_sentence(case, refused(command, folder, "--queries", path))
    check_sentence(
        "nothing but broken --queries",
        refused(command, folder, "--queries", folder / "text.png", "--skip-bad-images"),
    )


@BOTH
@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_asked_for_and_absent(folder: Path, command: str) -> None:
    check_sentence("--device cuda without CUDA", refused(command, folder, "--device", "cuda"))


@BOTH
def test_an_output_folder_that_cannot_be(folder: Path, command: str) -> None:
    (folder / "out").touch()
    check_sentence("an output folder that is a file", refused(command, folder))


@pytest.mark.parametrize("content", ["{", "[1]", '{"camera": {}, "frames": [{"file_path": "a"}]}'])
def test_poses_that_are_none(folder: Path, content: str) -> None:
    poses = folder / "poses.json"
    poses.write_text(content)
    sentence = refused("ns-pad-score", folder, "--poses", poses)
    assert sentence.startswith("{folder}/poses.json: not the poses.json of ns-pad-localize")
    check_sentence("--poses that are not there", refused("ns-pad-score", folder, "--poses", folder / "no.json"))


def test_poses_without_frames_or_of_a_photo_that_has_vanished(folder: Path) -> None:
    poses, camera = folder / "poses.json", {"fl_x": 90, "fl_y": 90, "cx": 32, "cy": 32, "w": 64, "h": 64}
    poses.write_text(json.dumps({"camera": camera, "frames": []}))
    check_sentence("--poses without frames", refused("ns-pad-score", folder, "--poses", poses))
    frames = [{"file_path": name, "transform_matrix": np.eye(4).tolist()} for name in ("test/good/1.png", QUERY)]
    poses.write_text(json.dumps({"camera": camera, "frames": frames}))
    (folder / "cube" / QUERY).unlink()
    check_sentence("--poses of a photo that has vanished", refused("ns-pad-score", folder, "--poses", poses))
    shutil.copy(folder / "cube" / "test/good/1.png", folder / "cube" / QUERY)
    resize(folder / "cube" / QUERY, 128, 64)
    check_sentence("--poses of a photo with another shape", refused("ns-pad-score", folder, "--poses", poses))


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("ns-train on no folder", ["--data", "/no/such/folder"]),
        ("ns-train on CUDA without CUDA", ["--data", "{cube}", "--machine.device-type", "cuda"]),
    ],
)
def test_training_as_a_user_starts_it(mad_class: Path, tmp_path: Path, case: str, arguments: list[str]) -> None:
    if "CUDA" in case and torch.cuda.is_available():
        pytest.skip("needs a machine without CUDA")
    given = [argument.format(cube=mad_class) for argument in arguments]
    ended = run_command("ns-train", "pad-nerf", *given, "--output-dir", tmp_path / "runs", "--vis", "tensorboard")
    check_sentence(case, sentence_of(ended, tmp_path))
