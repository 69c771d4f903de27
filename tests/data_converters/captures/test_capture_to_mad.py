"""The whole way from a capture to what `mad-data` hands to a method."""

import json
import os
from pathlib import Path

import capture_to_mad
import numpy as np
import pytest
from captures.capture_json import read_capture
from captures.hold_out import spread_evenly
from nerfstudio.data.datasets.base_dataset import InputDataset
from PIL import Image

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.data.pad_datamanager import PadDataManagerConfig
from tests.data_converters.captures.capture_factory import PINHOLE, edit_capture, make_capture
from tests.mad_class_factory import rig

DISTORTED = {**PINHOLE, "k1": -0.2, "p1": 0.01}


@pytest.fixture
def convert(tmp_path: Path, monkeypatch):
    """Run the program; gives the class folder."""

    def call(data: Path, *options: object) -> Path:
        arguments = ["--data", data, "--output-dir", tmp_path / "class", *options]
        monkeypatch.setattr("sys.argv", ["capture_to_mad.py", *map(str, arguments)])
        run(capture_to_mad.CaptureToMad, description="")
        return tmp_path / "class"

    return call


def test_the_projects_reader_gets_poses_camera_and_pixels(tmp_path: Path, convert, capsys) -> None:
    data = make_capture(tmp_path / "data")
    folder = convert(data)
    found = read_mad_class(folder)
    assert np.array_equal([view.camera_to_world for view in found.training_views], rig(1, 3))
    assert found.camera.as_dict() == {key: value for key, value in PINHOLE.items() if key != "camera_model"}
    for index in range(3):
        original = Image.open(data / "images" / f"frame_{index:05d}.png")
        assert (np.asarray(Image.open(folder / f"train/good/{index}.png")) == np.asarray(original)).all()
    assert capsys.readouterr().out.rstrip().endswith(f"next: ns-train pad-nerf --data {folder}")
    assert "applied_transform" not in json.loads((folder / "transforms.json").read_text())


@pytest.mark.parametrize("background", ["white", "black"])
def test_outside_of_masks_a_method_sees_its_background(tmp_path: Path, convert, background) -> None:
    data = make_capture(tmp_path / "data", masks=True)
    folder = convert(data)
    parser = MadDataParserConfig(data=folder, background_color=background, eval_fraction=0).setup()
    outputs = parser.get_dataparser_outputs("train")
    image = InputDataset(outputs)[0]["image"].numpy()
    inside = np.asarray(Image.open(data / "masks" / "frame_00000.png")) > 0
    original = np.asarray(Image.open(data / "images" / "frame_00000.png")) / np.float32(255)
    assert np.allclose(image[inside], original[inside], atol=1e-6)
    assert (image[~inside] == (1.0 if background == "white" else 0.0)).all()


def test_masks_can_be_left_out(tmp_path: Path, convert) -> None:
    folder = convert(make_capture(tmp_path / "data", masks=True), "--masks", "none")
    assert Image.open(folder / "train/good/0.png").mode == "RGB"


def test_portrait_and_landscape_become_one_size(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data")
    Image.new("RGB", (32, 48), "red").save(data / "images" / "frame_00001.png")
    edit_capture(data, lambda content: content["frames"][1].update(w=32, h=48, cx=16.0, cy=24.0))
    folder = convert(data)
    assert read_mad_class(folder).camera.as_dict() == {
        "fl_x": 60, "fl_y": 60, "cx": 24, "cy": 24, "w": 48, "h": 48
    }  # fmt: skip
    image = np.asarray(Image.open(folder / "train/good/1.png"))
    assert (image[:, 8:40] == (255, 0, 0, 255)).all() and not image[:, :8].any() and not image[:, 40:].any()


def test_masks_follow_their_photos_through_the_distortion(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data", masks=True, camera=DISTORTED)
    for photo in (data / "images").iterdir():
        Image.open(data / "masks" / photo.name).convert("RGB").save(photo)
    image = np.asarray(Image.open(convert(data) / "train/good/0.png")).astype(int)
    clear = (image[..., 3] == 255) & (image[..., 0] < 128) | (image[..., 3] == 0) & (image[..., 0] > 128)
    assert not clear.any() and (image[..., 3] == 255).sum() > 300


@pytest.mark.parametrize("masks", [False, True])
def test_margins_are_no_background_and_are_told_of_without_masks(tmp_path: Path, convert, capsys, masks: bool) -> None:
    folder = convert(make_capture(tmp_path / "data", masks=masks, camera=DISTORTED))
    assert Image.open(folder / "train/good/0.png").mode == "RGBA"
    assert ("--field-of-view shared" in capsys.readouterr().out) is not masks
    manager = PadDataManagerConfig(dataparser=MadDataParserConfig(data=folder, eval_fraction=0)).setup()
    seen = np.stack([np.asarray(Image.open(folder / f"train/seen/{index}.png")) == 255 for index in range(3)])
    pixels = manager.sampler.draw(20000)
    assert not seen.all() and seen.reshape(-1)[pixels].all()
    assert (manager.opacity is not None) is masks
    if masks:
        alpha = np.asarray(Image.open(folder / "train/good/1.png"))[..., 3]
        _, batch = manager.next_train(0)
        assert manager.opacity.view(3, *alpha.shape)[1].numpy().tolist() == alpha.tolist()
        assert 0 <= batch["opacity"].min() < batch["opacity"].max() <= 1


def test_the_shared_field_of_view_has_no_margins(tmp_path: Path, convert, capsys) -> None:
    folder = convert(make_capture(tmp_path / "data", camera=DISTORTED), "--field-of-view", "shared")
    assert {Image.open(path).mode for path in (folder / "train/good").iterdir()} == {"RGB"}
    assert "note" not in capsys.readouterr().out
    found = read_mad_class(folder).camera
    assert (found.w, found.h) == Image.open(folder / "train/good/0.png").size


def test_a_mix_of_photos_with_and_without_masks_is_told_of(tmp_path: Path, convert, capsys) -> None:
    data = make_capture(tmp_path / "data", masks=True)
    edit_capture(data, lambda content: content["frames"][1].pop("mask_path") and None)
    convert(data)
    assert "note: 1 of 3 photos show their background, without a mask" in capsys.readouterr().out


def test_queries_are_turned_upright_and_otherwise_left_alone(tmp_path: Path, convert, capsys) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    (tmp_path / "queries").mkdir()
    Image.fromarray(pixels).save(tmp_path / "queries" / "b.png", exif=exif)
    Image.fromarray(pixels).save(tmp_path / "queries" / "a.png")
    data = make_capture(tmp_path / "data", camera=DISTORTED)
    folder = convert(data, "--queries", tmp_path / "queries", "--query-kind", "Scratches")
    found = read_mad_class(folder).queries
    assert [(query.file_path, query.size) for query in found] == [
        ("test/Scratches/0.png", (30, 20)),
        ("test/Scratches/1.png", (20, 30)),
    ]
    assert (np.asarray(Image.open(folder / "test/Scratches/1.png")) == np.rot90(pixels, -1)).all()
    assert "--undistort-queries" in capsys.readouterr().out


def test_queries_from_the_captures_camera_can_be_undistorted_alike(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data", camera=DISTORTED)
    folder = convert(data, "--queries", data / "images", "--undistort-queries")
    for index in range(3):
        views = [np.asarray(Image.open(folder / part / f"{index}.png")) for part in ("train/good", "test/unknown")]
        assert (views[0] == views[1]).all()
    assert read_mad_class(folder).query_camera(read_mad_class(folder).queries[0]) == read_mad_class(folder).camera


def test_photos_held_out_become_good_queries_with_known_poses(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data", count=7, masks=True)
    folder = convert(data, "--hold-out", 2)
    found = read_mad_class(folder)
    poses, kept = rig(1, 7), [0, 2, 3, 4, 6]
    assert np.array_equal([view.camera_to_world for view in found.training_views], [poses[i] for i in kept])
    frames = json.loads((folder / "true_poses.json").read_text())["frames"]
    truth = {frame["file_path"]: frame["transform_matrix"] for frame in frames}
    assert list(truth) == [query.file_path for query in found.queries] == ["test/good/0.png", "test/good/1.png"]
    for name, index in zip(truth, (1, 5), strict=True):
        assert np.array_equal(truth[name], poses[index])
        pixels = np.asarray(Image.open(folder / name))
        original = np.asarray(Image.open(data / "images" / f"frame_{index:05d}.png"))
        assert pixels.shape[2] == 4 and (pixels[..., :3] == original).all()


def test_photos_held_out_may_show_their_background(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data", masks=True)
    folder = convert(data, "--hold-out", 1, "--hold-out-masks", "none")
    assert Image.open(folder / "test/good/0.png").mode == "RGB"
    assert Image.open(folder / "train/good/0.png").mode == "RGBA"


@pytest.mark.parametrize(("photos", "held_out", "expected"), [(69, 9, 9), (10, 0, 0), (3, 1, 1), (64, 8, 8)])
def test_photos_held_out_are_spread_evenly(photos: int, held_out: int, expected: int) -> None:
    chosen = spread_evenly(photos, held_out)
    assert len(set(chosen)) == expected and chosen == sorted(chosen)
    gaps = np.diff(chosen)
    assert all(0 <= index < photos for index in chosen) and (not len(gaps) or gaps.max() - gaps.min() <= 1)


def test_an_interrupted_run_goes_on(tmp_path: Path, convert) -> None:
    data = make_capture(tmp_path / "data", camera=DISTORTED)
    folder = convert(data)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    (folder / "transforms.json").unlink()
    (folder / "train/good/1.png").unlink()
    (folder / "train/good/2.png").write_bytes(b"older than its photo")
    os.utime(folder / "train/good/2.png", (1, 1))
    kept = (folder / "train/good/0.png").stat().st_mtime_ns
    assert {path: path.read_bytes() for path in convert(data).rglob("*.*")} == before
    assert (folder / "train/good/0.png").stat().st_mtime_ns == kept


def test_a_broken_photo_leaves_no_class_folder_behind(tmp_path: Path, convert, capsys) -> None:
    data = make_capture(tmp_path / "data")
    photo = data / "images" / "frame_00002.png"
    photo.write_bytes(photo.read_bytes()[:-200])
    with pytest.raises(SystemExit, match="2"):
        convert(data)
    assert "frame_00002.png: broken" in capsys.readouterr().err
    assert not (tmp_path / "class" / "transforms.json").exists()


def mistake(words: str, *options: str, prepare=lambda root: None):
    return pytest.param(words, options, prepare, id=words[:30])


@pytest.mark.parametrize(
    ("words", "options", "prepare"),
    [
        mistake("class: not empty", prepare=lambda root: make_capture(root / "class")),
        mistake("class: a file, not a folder", prepare=lambda root: (root / "class").write_text("")),
        mistake("--longest-side is 0", "--longest-side", "0"),
        mistake("--undistort-queries needs queries", "--undistort-queries"),
        mistake("--hold-out is 2 of 3 photos", "--hold-out", "2"),
        mistake("--hold-out fills test/good", *"--hold-out 1 --queries {root}/data/images --query-kind good".split()),
        mistake("away: no such folder", "--queries", "{root}/away"),
        mistake("data: holds no photo", "--queries", "{root}/data"),
        mistake("--query-kind is '../good'", "--queries", "{root}/data/images", "--query-kind", "../good"),
        mistake(
            "12x12 pixels, but the capture's photos have 48x32",
            *("--queries", "{root}/queries", "--undistort-queries"),
            prepare=lambda root: ((root / "queries").mkdir(), Image.new("L", (12, 12)).save(root / "queries/a.png")),
        ),
    ],
)
def test_mistakes_end_with_one_sentence(tmp_path: Path, convert, capsys, words, options, prepare) -> None:
    data = make_capture(tmp_path / "data")
    prepare(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        convert(data, *(option.format(root=tmp_path) for option in options))
    error = capsys.readouterr().err
    assert words in error and error.startswith("error: ") and error.count("\n") == 1


def test_another_conversion_is_not_mixed_in(tmp_path: Path, convert, capsys) -> None:
    data = make_capture(tmp_path / "data")
    convert(data)
    with pytest.raises(SystemExit, match="2"):
        convert(data, "--longest-side", "20")
    assert "holds another conversion" in capsys.readouterr().err


def test_photos_that_focus_anew_have_a_typical_lens(tmp_path: Path) -> None:
    from captures.queries import typical_lenses

    data = make_capture(tmp_path / "data")
    for index, focal in enumerate((59.0, 60.5, 61.0)):
        edit_capture(data, lambda content, i=index, f=focal: content["frames"][i].update(fl_x=f))
    lenses = typical_lenses([photo.lens for photo in read_capture(data)[1]])
    assert list(lenses) == [(48, 32)] and lenses[48, 32].fl_x == 60.5 and lenses[48, 32].fl_y == 60
