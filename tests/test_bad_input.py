"""Whatever a user can get wrong ends the command itself with one sentence on stderr and exit code 2."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.models.checkpoint import load_state
from tests.command_line import QUICK, copy_run, run_command, sentence_of
from tests.mad_class_factory import read_transforms_dict, write_transforms
from tests.snapshots import check_sentence

Damage = Callable[[Path], object]
QUERY = "test/good/0.png"
MASK = "ground_truth/Burrs/0_mask.png"
VIEW = "train/good/7.png"


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained run in `run`, its class folder in `cube`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy_run(tiny_run, tmp_path)
    return tmp_path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def enlarge(path: Path, w: int, h: int) -> None:
    Image.open(path).resize((w, h), Image.Resampling.BICUBIC).save(path)


def empty(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def transforms(key: str, value: object) -> Damage:
    """Set or (with None) remove a key of transforms.json, or of its first frame."""

    def damage(cube: Path) -> None:
        content = read_transforms_dict(cube)
        where = content if key in content else content["frames"][0]
        where.pop(key) if value is None else where.update({key: value})
        write_transforms(cube, content)

    return damage


def checkpoint(change: Callable[[dict[str, Any]], object]) -> Damage:
    """Change what a run's checkpoint holds."""

    def damage(run: Path) -> None:
        (path,) = (run / "nerfstudio_models").iterdir()
        state = load_state(path)
        change(state)
        torch.save(state, path)

    return damage


CLASS_FOLDER: dict[str, Damage] = {
    "no such folder": shutil.rmtree,
    "no transforms.json": lambda cube: (cube / "transforms.json").unlink(),
    "no train/good": lambda cube: shutil.rmtree(cube / "train"),
    "empty train/good": lambda cube: empty(cube / "train" / "good"),
    "a truncated training image": lambda cube: cut(cube / VIEW),
    "a training image that is text": lambda cube: (cube / VIEW).write_text("no image"),
    "a missing training image": lambda cube: (cube / VIEW).unlink(),
    "training images of several sizes": lambda cube: enlarge(cube / VIEW, 32, 32),
    "transforms.json is no JSON": lambda cube: (cube / "transforms.json").write_text("{"),
    "transforms.json without frames": transforms("frames", None),
    "transforms.json without camera_angle_x": transforms("camera_angle_x", None),
    "a frame without file_path": transforms("file_path", None),
    "a frame without transform_matrix": transforms("transform_matrix", None),
    "a matrix that is not finite": transforms("transform_matrix", [[float("nan")] * 4] * 4),
    "a matrix that is not rigid": transforms("transform_matrix", np.diag([2.0, 2, 2, 1]).tolist()),
    "a file_path that leaves the folder": transforms("file_path", "../secret.png"),
}
"""What is wrong with the training part of a class folder; every command reads it."""

QUERIES: dict[str, Damage] = {
    "a truncated query": lambda cube: cut(cube / QUERY),
    "a query of other proportions": lambda cube: enlarge(cube / QUERY, 128, 64),
    "a mask that matches no query": lambda cube: (cube / MASK).rename(cube / "ground_truth/Burrs/77_mask.png"),
    "no queries": lambda cube: (shutil.rmtree(cube / "test"), shutil.rmtree(cube / "ground_truth")),
}
"""What is wrong with the test split; the commands that look at it refuse it."""

RUN: dict[str, Damage] = {
    "a config that is gone": lambda run: (run / "config.yml").unlink(),
    "a config that is a folder": lambda run: ((run / "config.yml").unlink(), (run / "config.yml").mkdir()),
    "a config that is no config": lambda run: (run / "config.yml").write_text("just: a mapping"),
    "a config that is no text": lambda run: (run / "config.yml").write_bytes(b"\xff\xfe\x00"),
    "a checkpoint that is gone": lambda run: empty(run / "nerfstudio_models"),
    "a checkpoint that is cut off": lambda run: [cut(path) for path in (run / "nerfstudio_models").iterdir()],
    "a checkpoint without pipeline": checkpoint(lambda state: state.pop("pipeline")),
    "a checkpoint without weights": checkpoint(lambda state: state["pipeline"].clear()),
    "a checkpoint of other sizes": checkpoint(
        lambda state: state["pipeline"].update({"_model.grid.background": torch.ones(4)})
    ),
}
"""What is wrong with the trained run."""

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
SCORING_OPTIONS = {"--nearby-views": "-3", "--false-positive-rate": "1"}

BOTH = pytest.mark.parametrize("command", ["ns-pad-localize", "ns-pad-score"])


def refused(command: str, folder: Path, *arguments: str | Path) -> str:
    """The sentence with which a command refuses the run in `folder`."""
    options = ["--load-config", folder / "run" / "config.yml", "--output-dir", folder / "out"]
    ended = run_command(command, *options, *arguments)
    return sentence_of(ended, folder)


@pytest.mark.parametrize("case", CLASS_FOLDER)
def test_a_class_folder_to_train_on(mad_class: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    from pad_nerfstudio.plugin.pad_nerf import pad_nerf

    if "sizes" in case:
        enlarge(mad_class / VIEW, 64, 64)
    CLASS_FOLDER[case](mad_class)
    config = type(pad_nerf.config.pipeline.datamanager.dataparser)(data=mad_class)
    with pytest.raises(SystemExit) as ended:
        config.setup().get_dataparser_outputs("train")
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {mad_class}") and error.count("\n") == 1 and ";" in error


@BOTH
@pytest.mark.parametrize("case", [*CLASS_FOLDER, *QUERIES])
def test_the_class_folder_of_a_trained_run(folder: Path, command: str, case: str) -> None:
    (CLASS_FOLDER | QUERIES)[case](folder / "cube")
    check_sentence(case, refused(command, folder))
    assert not list(folder.glob("out/**/*.*"))


@BOTH
@pytest.mark.parametrize("case", RUN)
def test_the_trained_run(folder: Path, command: str, case: str) -> None:
    RUN[case](folder / "run")
    check_sentence(case, refused(command, folder))


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
    enlarge(folder / "cube" / QUERY, 128, 64)
    check_sentence("--poses of a photo with another shape", refused("ns-pad-score", folder, "--poses", poses))


def test_photos_of_other_proportions_are_scored_with_the_camera_they_were_localised_with(folder: Path) -> None:
    wide = folder / "wide"
    wide.mkdir()
    for name in ("0.png", "1.png"):
        photo = Image.new("RGB", (96, 64), "white")
        photo.paste(Image.open(folder / "cube" / "test" / "good" / name), (16, 0))
        photo.save(wide / name)
    options = ["--load-config", folder / "run/config.yml", "--output-dir", folder / "out"]
    focal = str(32 / np.tan(0.691 / 2))
    localized = run_command("ns-pad-localize", *options, *QUICK, "--queries", wide, "--fl-x", focal)
    assert localized.code == 0
    scored = run_command("ns-pad-score", *options, "--poses", folder / "out" / "poses.json")
    assert scored.code == 0, scored.err
    assert len((folder / "out" / "scores.csv").read_text().splitlines()) == 3
    (overlay,) = (folder / "out" / "overlays").rglob("wide/0.png")
    assert Image.open(overlay).size == (96, 64)


def test_a_mask_of_another_size_is_refused_before_anything_is_localised(folder: Path) -> None:
    enlarge(folder / "cube" / MASK, 32, 32)
    check_sentence("a mask of another size", refused("ns-pad-score", folder))
    assert not (folder / "out").exists()


def test_a_mask_of_another_size_is_the_scoring_s_business(folder: Path) -> None:
    localized = run_command(
        "ns-pad-localize", "--load-config", folder / "run/config.yml", "--output-dir", folder / "out", *QUICK
    )
    assert localized.code == 0
    enlarge(folder / "cube" / MASK, 32, 32)
    check_sentence("a mask of another size", refused("ns-pad-score", folder, "--poses", folder / "out" / "poses.json"))


def test_skip_bad_images_goes_on_and_lists_them(folder: Path) -> None:
    cut(folder / "cube" / QUERY)
    cut(folder / "cube" / MASK)
    options = ["--load-config", folder / "run/config.yml", "--output-dir", folder / "out", "--skip-bad-images"]
    localized = run_command("ns-pad-localize", *options, *QUICK)
    assert localized.code == 0 and str(folder / "cube" / QUERY) in localized.err
    scored = run_command(
        "ns-pad-score", *options, "--queries", folder / "cube/test", "--poses", folder / "out/poses.json"
    )
    assert scored.code == 0 and QUERY in scored.err and MASK in scored.err
    rows = (folder / "out" / "scores.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["test/Burrs/0.png", "test/Burrs/1.png", "test/good/1.png"]


def test_photos_of_other_formats_and_sizes_are_handled(folder: Path) -> None:
    good = folder / "cube" / "test" / "good"
    pixels = np.asarray(Image.open(good / "0.png"))
    cv2.imwrite(str(good / "2.png"), pixels[..., ::-1].astype(np.uint16) * 257)
    Image.fromarray(pixels).convert("RGBA").save(good / "3.png")
    Image.fromarray(pixels).resize((128, 128), Image.Resampling.BICUBIC).save(good / "4.png")
    Image.fromarray(pixels).convert("L").save(good / "5.png")
    options = ["--load-config", folder / "run/config.yml", "--output-dir", folder / "out"]
    names = [good / f"{i}.png" for i in (0, 2, 3, 4, 5)]
    assert run_command("ns-pad-localize", *options, *QUICK, "--queries", *names).code == 0
    scored = run_command("ns-pad-score", *options, "--poses", folder / "out" / "poses.json")
    assert scored.code == 0
    scores = [line.split(",")[3] for line in (folder / "out" / "scores.csv").read_text().splitlines()[1:]]
    assert scores[0] == scores[1] == scores[2] and len(scores) == 5
    assert Image.open(folder / "out/overlays/test/good/4.png").size == (128, 128)


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


def test_training_goes_on_without_broken_images_where_its_sentence_says_so(mad_class: Path, tmp_path: Path) -> None:
    cut(mad_class / VIEW)
    options = ["--output-dir", tmp_path / "runs", "--vis", "tensorboard", "--max-num-iterations", "1"]
    refusal = sentence_of(run_command("ns-train", "pad-nerf", "--data", mad_class, *options), tmp_path)
    assert "'ns-train ... mad-data --skip-bad-images True'" in refusal
    ended = run_command("ns-train", "pad-nerf", "--data", mad_class, *options, "mad-data", "--skip-bad-images", "True")
    assert ended.code == 0 and ended.err == f"note: left out, broken: {VIEW}\n"
