import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nerfstudio.data.datasets.base_dataset import InputDataset
from PIL import Image

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.mad_dataparser import MadDataParser, MadDataParserConfig
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.data.parsed_views import exact_scale, scaled
from tests.mad_class_factory import make_mad_class, save


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def parser(folder: Path, **options: object) -> MadDataParser:
    return MadDataParserConfig(data=folder, **options).setup()


def paths(folder: Path, split: str, **options: object) -> list[str]:
    return parser(folder, **options).get_dataparser_outputs(split).metadata["file_paths"]


def test_the_splits_divide_the_views(mad_class: Path) -> None:
    train, val, test = (paths(mad_class, split, eval_fraction=0.25) for split in ("train", "val", "test"))
    assert val == test and len(val) == 3
    assert sorted(train + val) == sorted(view.file_path for view in read_mad_class(mad_class).training_views)


def test_without_held_out_views_the_evaluation_sees_the_training_views(mad_class: Path) -> None:
    assert paths(mad_class, "val", eval_fraction=0.0) == paths(mad_class, "train", eval_fraction=0.0)


def test_fewer_training_views_leave_the_held_out_ones_alone(mad_class: Path) -> None:
    assert len(paths(mad_class, "train", train_views=5)) == 5
    assert set(paths(mad_class, "train", train_views=5)) < set(paths(mad_class, "train"))
    assert paths(mad_class, "val", train_views=5) == paths(mad_class, "val")


@pytest.mark.parametrize("radius", [0.3, 1.0, 3.5, 4.0, 123.4])
def test_the_world_frame_survives_a_round_trip_bit_for_bit(tmp_path: Path, radius: float) -> None:
    folder = make_mad_class(tmp_path / "a", radius=radius, kinds=(), size=(4, 4))
    outputs = parser(folder, eval_fraction=0.0).get_dataparser_outputs("train")
    world = np.stack([view.camera_to_world for view in read_mad_class(folder).training_views])[:, :3].astype(np.float32)
    back = outputs.transform_poses_to_original_space(outputs.cameras.camera_to_worlds.clone(), "opengl")
    np.testing.assert_array_equal(back[:, :3].numpy(), world)
    assert 0.5 < outputs.cameras.camera_to_worlds[:, :, 3].abs().max() <= 1

    outputs.save_dataparser_transform(tmp_path / "dataparser_transforms.json")
    saved = json.loads((tmp_path / "dataparser_transforms.json").read_text())
    assert saved["transform"] == np.eye(4)[:3].tolist()
    poses = outputs.cameras.camera_to_worlds.numpy().copy()
    poses[:, :, 3] /= np.float32(saved["scale"])
    np.testing.assert_array_equal(poses, world)


coordinates = st.floats(-1e6, 1e6, width=32, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(st.lists(st.tuples(coordinates, coordinates, coordinates), min_size=1, max_size=5))
def test_the_scale_is_the_largest_exact_one(centres: list[tuple[float, float, float]]) -> None:
    poses = np.tile(np.eye(4), (len(centres), 1, 1))
    poses[:, :3, 3] = centres
    scale = exact_scale(poses)
    small = scaled(poses, scale)
    np.testing.assert_array_equal(small[:, :, 3] / np.float32(scale), poses[:, :3, 3].astype(np.float32))
    largest = np.abs(poses[:, :3, 3]).max()
    assert scale == 1 if largest == 0 else scale * largest <= 1 < 2 * scale * largest


def test_cameras_and_box_are_in_one_frame(mad_class: Path) -> None:
    outputs = parser(mad_class).get_dataparser_outputs("train")
    camera = read_mad_class(mad_class).camera
    assert outputs.dataparser_scale == 0.25
    assert outputs.cameras.fx[0].item() == np.float32(camera.fl_x)
    assert (outputs.cameras.width[0].item(), outputs.cameras.height[0].item()) == (16, 16)
    half = (outputs.scene_box.aabb[1] - outputs.scene_box.aabb[0])[0].item() / 2
    assert 0.25 * 4 * np.sin(0.691 / 2) <= half < 0.5
    torch.testing.assert_close(outputs.scene_box.aabb, parser(mad_class).get_dataparser_outputs("val").scene_box.aabb)


def test_metadata_says_where_the_views_come_from(mad_class: Path) -> None:
    metadata = parser(mad_class, background_color="black").get_dataparser_outputs("train").metadata
    assert metadata["mad_class_root"] == str(mad_class)
    assert metadata["background_color"] == (0.0, 0.0, 0.0)


def test_nerfstudio_reads_the_pixels_that_read_image_reads(mad_class: Path) -> None:
    good = mad_class / "train" / "good"
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 4), dtype=np.uint8)
    save(Image.fromarray(pixels), good / "0.png")
    save(Image.fromarray(pixels[..., 0]), good / "1.png")
    save(Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), good / "2.png")
    save(Image.fromarray(pixels[..., :3]).quantize(16), good / "3.png")
    outputs = parser(mad_class, eval_fraction=0.0, background_color=(0.0, 0.5, 1.0)).get_dataparser_outputs("train")
    dataset = InputDataset(outputs)
    for index in range(5):
        expected = read_image(good / f"{index}.png", (0.0, 0.5, 1.0))
        ours = dataset.get_image_float32(index).numpy() * 255
        assert ours.shape == (16, 16, 3)
        assert np.abs(ours - expected).max() <= 0.51


def test_downscaling_averages_and_keeps_the_data_folder_clean(mad_class: Path) -> None:
    before = sorted(mad_class.rglob("*"))
    outputs = parser(mad_class, downscale_factor=2).get_dataparser_outputs("train")
    assert sorted(mad_class.rglob("*")) == before
    assert (outputs.cameras.width[0].item(), outputs.cameras.height[0].item()) == (8, 8)
    assert outputs.cameras.fx[0].item() == np.float32(read_mad_class(mad_class).camera.fl_x / 2)
    first = outputs.metadata["file_paths"][0]
    area = np.asarray(Image.open(mad_class / first)).reshape(8, 2, 8, 2, 3).mean(axis=(1, 3))
    assert np.abs(InputDataset(outputs).get_image_float32(0).numpy() * 255 - area).max() <= 0.51


def test_skipped_images_are_listed(mad_class: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mad_class / "train" / "good" / "4.png").write_bytes(b"")
    assert "train/good/4.png" not in paths(mad_class, "train", skip_bad_images=True)
    assert capsys.readouterr().err == "note: left out, broken: train/good/4.png\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data": Path("/no/such/folder")}, "/no/such/folder: no such folder"),
        ({"eval_fraction": 1.5}, "--eval-fraction is 1.5"),
        ({"train_views": 99}, "--train-views is 99"),
        ({"downscale_factor": 0}, "--downscale-factor is 0"),
        ({"downscale_factor": 17}, "--downscale-factor is 17"),
        ({"background_color": (0.0, 0.0, 2.0)}, "--background-color is (0.0, 0.0, 2.0)"),
    ],
)
def test_mistakes_end_with_one_sentence_and_code_2(
    mad_class: Path, capsys: pytest.CaptureFixture[str], options: dict, words: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        MadDataParserConfig(**({"data": mad_class} | options)).setup().get_dataparser_outputs("train")
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert error.startswith("error: ") and words in error and error.count("\n") == 1


def test_the_specification_imports_no_datamanager_pipeline_or_model() -> None:
    code = """
import sys
from nerfstudio.plugins.registry_dataparser import DataParserSpecification
from pad_nerfstudio.plugin.mad_data import mad_data
assert isinstance(mad_data, DataParserSpecification)
heavy = [m for m in sys.modules if m.startswith("nerfstudio.") and m.split(".")[1] in ("models", "pipelines", "engine")]
heavy += [m for m in sys.modules if m.startswith("nerfstudio.data.datamanagers")]
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_field_trains_and_loads_whatever_the_queries_are(mad_class: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mad_class / "test" / "good" / "0.png").write_bytes(b"")
    (mad_class / "ground_truth" / "Burrs" / "0_mask.png").write_bytes(b"")
    assert len(paths(mad_class, "train")) == 11
    assert capsys.readouterr().err == ""
