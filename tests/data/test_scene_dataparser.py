import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.data.scene_dataparser import SceneDataParser, SceneDataParserConfig
from pad_nerfstudio.data.scene_layout import read_scene
from tests.scene_factory import make_scene, scene_boxes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_scene(tmp_path / "scene", views=8)


def parser(folder: Path, **options: object) -> SceneDataParser:
    return SceneDataParserConfig(data=folder, **options).setup()


def test_the_splits_divide_the_views(folder: Path) -> None:
    names = {split: parser(folder, eval_fraction=0.25).get_dataparser_outputs(split) for split in ("train", "val")}
    train, val = (names[split].metadata["file_paths"] for split in ("train", "val"))
    assert len(val) == 2 and sorted(train + val) == [view.file_path for view in read_scene(folder).views]


def test_the_world_frame_survives_a_round_trip_bit_for_bit(folder: Path) -> None:
    outputs = parser(folder, eval_fraction=0.0).get_dataparser_outputs("train")
    world = np.stack([view.camera_to_world for view in read_scene(folder).views])[:, :3].astype(np.float32)
    back = outputs.transform_poses_to_original_space(outputs.cameras.camera_to_worlds.clone(), "opengl")
    np.testing.assert_array_equal(back[:, :3].numpy(), world)
    assert outputs.dataparser_scale == 0.5


def test_the_box_holds_objects_and_floor_and_no_camera(folder: Path) -> None:
    outputs = parser(folder).get_dataparser_outputs("train")
    low, high = outputs.scene_box.aabb.numpy() / outputs.dataparser_scale
    for box in scene_boxes():
        assert (low < box.corners()).all() and (box.corners() < high).all()
    assert low[2] < -0.1 and high[2] <= outputs.cameras.camera_to_worlds[:, 2, 3].min() / outputs.dataparser_scale
    val = parser(folder).get_dataparser_outputs("val")
    assert (outputs.scene_box.aabb == val.scene_box.aabb).all()


def test_smaller_images_have_a_camera_of_their_own(folder: Path) -> None:
    outputs = parser(folder, downscale_factor=2).get_dataparser_outputs("train")
    assert (outputs.cameras.width[0].item(), outputs.cameras.fx[0].item()) == (32, np.float32(28.8))
    assert all(path.is_relative_to(folder.parent / "cache") for path in outputs.image_filenames)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data": Path("/no/such/folder")}, "/no/such/folder: no scene there"),
        ({"eval_fraction": 1.5}, "--eval-fraction is 1.5"),
        ({"downscale_factor": 65}, "--downscale-factor is 65"),
    ],
)
def test_mistakes_end_with_one_sentence_and_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], options: dict, words: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        SceneDataParserConfig(**({"data": folder} | options)).setup().get_dataparser_outputs("train")
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert error.startswith("error: ") and words in error and error.count("\n") == 1


def test_the_specification_imports_no_datamanager_pipeline_or_model() -> None:
    code = """
import sys
from nerfstudio.plugins.registry_dataparser import DataParserSpecification
from pad_nerfstudio.plugin.scene_data import scene_data
assert isinstance(scene_data, DataParserSpecification)
heavy = [m for m in sys.modules if m.startswith("nerfstudio.") and m.split(".")[1] in ("models", "pipelines", "engine")]
heavy += [m for m in sys.modules if m.startswith("nerfstudio.data.datamanagers")]
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
