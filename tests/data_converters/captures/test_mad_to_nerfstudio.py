"""Class folders for Nerfstudio's own dataparser, and back."""

from pathlib import Path

import mad_to_nerfstudio
import numpy as np
import pytest
from captures.capture_json import read_capture
from captures.to_nerfstudio import to_nerfstudio
from nerfstudio.data.dataparsers.nerfstudio_dataparser import NerfstudioDataParserConfig
from PIL import Image

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.errors import UserError


def test_poses_and_camera_come_back(mad_class: Path, tmp_path: Path) -> None:
    given = read_mad_class(mad_class)
    to_nerfstudio(given, tmp_path / "out")
    _, photos = read_capture(tmp_path / "out")
    assert np.array_equal(
        [photo.camera_to_world for photo in photos], [view.camera_to_world for view in given.training_views]
    )
    lens = photos[0].lens
    assert {name: getattr(lens, name) for name in given.camera.as_dict()} == given.camera.as_dict()
    assert lens.is_pinhole
    assert [photo.path.read_bytes() for photo in photos] == [view.path.read_bytes() for view in given.training_views]


def test_nerfstudios_own_dataparser_reads_it(mad_class: Path, tmp_path: Path) -> None:
    given = read_mad_class(mad_class)
    to_nerfstudio(given, tmp_path / "out")
    parser = NerfstudioDataParserConfig(
        data=tmp_path / "out",
        orientation_method="none",
        center_method="none",
        auto_scale_poses=False,
        eval_mode="all",
    ).setup()
    cameras = parser.get_dataparser_outputs("train").cameras
    expected = np.stack([view.camera_to_world for view in given.training_views])[:, :3].astype(np.float32)
    assert np.array_equal(cameras.camera_to_worlds.numpy(), expected)
    camera = given.camera
    assert cameras.fx[0].item() == pytest.approx(camera.fl_x) and cameras.cx[0].item() == camera.cx
    assert (cameras.width[0].item(), cameras.height[0].item()) == (camera.w, camera.h)


@pytest.mark.parametrize("copy", [False, True])
def test_images_are_linked_or_copied(mad_class: Path, tmp_path: Path, copy: bool) -> None:
    to_nerfstudio(read_mad_class(mad_class), tmp_path / "out", copy)
    assert (tmp_path / "out/images/frame_00000.png").samefile(mad_class / "train/good/0.png") is not copy


def test_images_that_nerfstudio_would_turn_wrongly_are_rewritten(mad_class: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(mad_class / "train/good/0.png", exif=exif)
    to_nerfstudio(read_mad_class(mad_class), tmp_path / "out")
    assert (np.asarray(Image.open(tmp_path / "out/images/frame_00000.png")) == pixels[::-1, ::-1]).all()


def test_a_folder_that_holds_something_is_left_alone(mad_class: Path) -> None:
    with pytest.raises(UserError, match="not an empty folder"):
        to_nerfstudio(read_mad_class(mad_class), mad_class)
    assert sorted(path.name for path in mad_class.parent.iterdir()) == [mad_class.name]


def test_the_program_ends_with_the_next_command(mad_class: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["mad_to_nerfstudio.py", "--data", str(mad_class), "--output-dir", str(out)])
    run(mad_to_nerfstudio.MadToNerfstudio, description="")
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"next: ns-train nerfacto --data {out} nerfstudio-data")
    with pytest.raises(SystemExit, match="2"):
        run(mad_to_nerfstudio.MadToNerfstudio, description="")
    assert "not an empty folder; give an empty or new --output-dir" in capsys.readouterr().err
