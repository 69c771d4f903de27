"""Whatever is wrong with a class folder or a run ends the command with one sentence on stderr and exit code 2."""

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
from tests.command_line import QUICK, run_command, sentence_of
from tests.damage import BOTH, MASK, QUERY, VIEW, Damage, copied, cut, empty, refused, resize
from tests.mad_class_factory import read_transforms_dict, write_transforms
from tests.snapshots import check_sentence


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained run in `run`, its class folder in `cube`."""
    return copied(tiny_run, tmp_path, monkeypatch)


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
    "training images of several sizes": lambda cube: resize(cube / VIEW, 32, 32),
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
    "a query of other proportions": lambda cube: resize(cube / QUERY, 128, 64),
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


@pytest.mark.parametrize("case", CLASS_FOLDER)
def test_a_class_folder_to_train_on(mad_class: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    from pad_nerfstudio.plugin.pad_nerf import pad_nerf

    if "sizes" in case:
        resize(mad_class / VIEW, 64, 64)
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
    resize(folder / "cube" / MASK, 32, 32)
    check_sentence("a mask of another size", refused("ns-pad-score", folder))
    assert not (folder / "out").exists()


def test_a_mask_of_another_size_is_the_scoring_s_business(folder: Path) -> None:
    localized = run_command(
        "ns-pad-localize", "--load-config", folder / "run/config.yml", "--output-dir", folder / "out", *QUICK
    )
    assert localized.code == 0
    resize(folder / "cube" / MASK, 32, 32)
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


def test_training_goes_on_without_broken_images_where_its_sentence_says_so(mad_class: Path, tmp_path: Path) -> None:
    cut(mad_class / VIEW)
    options = ["--output-dir", tmp_path / "runs", "--vis", "tensorboard", "--max-num-iterations", "1"]
    refusal = sentence_of(run_command("ns-train", "pad-nerf", "--data", mad_class, *options), tmp_path)
    assert "'ns-train ... mad-data --skip-bad-images True'" in refusal
    ended = run_command("ns-train", "pad-nerf", "--data", mad_class, *options, "mad-data", "--skip-bad-images", "True")
    assert ended.code == 0 and ended.err == f"note: left out, broken: {VIEW}\n"
