"""Captures as they come, and what is wrong with others."""

from pathlib import Path

import numpy as np
import pytest
from captures.capture_json import read_capture
from captures.lens import Lens
from PIL import Image

from pad_nerfstudio.errors import UserError
from tests.data_converters.captures.capture_factory import PINHOLE, edit_capture, make_capture
from tests.mad_class_factory import rig


def test_intrinsics_of_all_frames_or_of_one(tmp_path: Path) -> None:
    folder = make_capture(tmp_path, k1=0.1, camera={**PINHOLE, "k1": 0.0, "p2": 0.01})
    edit_capture(folder, lambda content: content["frames"][1].update(fl_x=70.0))
    source, photos = read_capture(folder)
    assert source == folder / "transforms.json"
    assert [photo.lens.fl_x for photo in photos] == [60, 70, 60] and photos[0].lens.fl_y == 60
    assert photos[0].lens.radial == (0.1, 0, 0, 0) and photos[0].lens.tangential == (0, 0.01)
    assert np.array_equal([photo.camera_to_world for photo in photos], rig(1, 3)), "applied_transform changes nothing"


def test_models(tmp_path: Path) -> None:
    camera = {**PINHOLE, "camera_model": "OPENCV_FISHEYE", "distortion_params": [0.1, 0.2, 0.3, 0.4, 0, 0]}
    lens = read_capture(make_capture(tmp_path / "a", 1, camera=camera))[1][0].lens
    assert lens.fisheye and lens.radial == (0.1, 0.2, 0.3, 0.4)
    angle = {"camera_angle_x": 2 * np.arctan(0.4), "w": 48, "h": 32}
    lens = read_capture(make_capture(tmp_path / "b", 1, camera=angle))[1][0].lens
    assert (lens.fl_x, lens.fl_y) == (pytest.approx(60.0), lens.fl_x)
    assert (lens.cx, lens.cy, lens.w, lens.h) == (24, 16, 48, 32) and lens.is_pinhole


def test_resized_copies_take_their_share_of_the_intrinsics(tmp_path: Path) -> None:
    folder = make_capture(tmp_path, 1)
    photo = folder / "images" / "frame_00000.png"
    Image.open(photo).resize((24, 16)).save(photo)
    assert read_capture(folder)[1][0].lens == Lens(30, 30, 12, 8, 24, 16)


@pytest.mark.parametrize(("stated", "upright"), [((48, 32), False), ((32, 48), True), ((16, 24), True)])
def test_exif_orientation_counts_where_only_the_turned_photo_fits(tmp_path: Path, stated, upright) -> None:
    w, h = stated
    folder = make_capture(tmp_path, 1)
    edit_capture(folder, lambda content: content.update(w=w, h=h, cx=w / 2, cy=h / 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = folder / "images" / "frame_00000.png"
    Image.open(photo).save(photo, exif=exif)
    found = read_capture(folder)[1][0]
    assert found.upright is upright
    assert (found.lens.w, found.lens.h) == ((32, 48) if upright else (48, 32))


def test_paths_may_lack_their_suffix(tmp_path: Path) -> None:
    folder = make_capture(tmp_path)
    edit_capture(folder, lambda content: content["frames"][0].update(file_path="./images/frame_00000"))
    assert read_capture(folder / "transforms.json")[1][0].path.name == "frame_00000.png"


def test_photos_are_in_natural_order(tmp_path: Path) -> None:
    folder = make_capture(tmp_path, 3)
    edit_capture(folder, lambda content: content["frames"].reverse())
    photos = read_capture(folder)[1]
    assert [photo.path.stem[-1] for photo in photos] == ["0", "1", "2"]
    assert np.array_equal(photos[0].camera_to_world, rig(1, 3)[0]), "the pose goes with its photo"


def frame(**changes: object):
    """A change of the first frame."""
    return lambda content: content["frames"][0].update(changes)


def without(*keys: str):
    """A capture without these keys."""
    return lambda content: {key: value for key, value in content.items() if key not in keys}


SQUASHED = (2 * np.eye(4)).tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("frames"), "no list of 'frames'"),
        (lambda content: [1], "holds no JSON object"),
        (without("fl_x", "fl_y"), "frame 0 has no intrinsics"),
        (frame(fl_x=-1), "'fl_x' of frame 0 is -1"),
        (frame(k1="much"), "'k1' of frame 0 is 'much'"),
        (frame(distortion_params=[1]), "'distortion_params' of frame 0 is [1]"),
        (frame(camera_model="EQUIRECTANGULAR"), "the camera_model 'EQUIRECTANGULAR' of frame 0 is not known"),
        (frame(transform_matrix=None), "frame 0 lacks the key 'transform_matrix'"),
        (frame(transform_matrix=SQUASHED), "(images/frame_00000.png) has a last row other than"),
        (frame(file_path="images/away.jpg"), "frame 0 names images/away.jpg, but"),
        (frame(file_path=7), "frame 0 holds a path that is none (7)"),
        (frame(mask_path="masks/away.png"), "leave masks out by --masks none"),
        (frame(w=48, h=48), "48x32 pixels, but"),
    ],
)
def test_mistakes_are_told_in_one_sentence(tmp_path: Path, change, words: str) -> None:
    folder = make_capture(tmp_path)
    edit_capture(folder, change)
    with pytest.raises(UserError) as raised:
        read_capture(folder)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_masks_must_be_as_large_as_their_photos(tmp_path: Path) -> None:
    folder = make_capture(tmp_path, masks=True)
    Image.new("L", (24, 16)).save(folder / "masks" / "frame_00001.png")
    with pytest.raises(UserError, match="the mask has 24x16 pixels but its image 48x32"):
        read_capture(folder)


def test_masks_that_are_no_images(tmp_path: Path) -> None:
    folder = make_capture(tmp_path, masks=True)
    (folder / "masks" / "frame_00001.png").write_bytes(b"no image")
    with pytest.raises(UserError, match="frame_00001.png: broken.*--masks none"):
        read_capture(folder)


def test_files_that_are_no_images(tmp_path: Path) -> None:
    folder = make_capture(tmp_path)
    (folder / "images" / "frame_00001.png").write_bytes(b"no image")
    with pytest.raises(UserError, match="frame_00001.png: broken.*; replace it"):
        read_capture(folder)


def test_there_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="transforms.json: cannot be read"):
        read_capture(tmp_path)
