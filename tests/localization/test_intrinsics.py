"""Where the intrinsics of a query come from."""

import json
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.exif_focal import exif_focal
from pad_nerfstudio.localization.intrinsics import ANYWHERE, NEAR, Intrinsics, query_camera

CAMERA = Pinhole.from_angle_x(0.691, 16, 16)
NONE = Intrinsics()
OPTIMIZE = Intrinsics(optimize_focal=True)


def test_other_proportions_need_intrinsics() -> None:
    with pytest.raises(UserError, match=r"0.png: 32x20 .*16x16.*--fl-x.*--query-cameras.*--optimize-focal"):
        query_camera(Path("0.png"), 32, 20, CAMERA, NONE)
    found = query_camera(Path("0.png"), 32, 20, CAMERA, Intrinsics(fl_x=40.0))
    assert (found.camera, found.source, found.focal_starts) == (Pinhole(40, 40, 16, 10, 32, 20), "options", ())
    given = Intrinsics(fl_x=40.0, fl_y=41.0, cx=15.0, cy=9.0)
    assert query_camera(Path("0.png"), 32, 20, CAMERA, given).camera == Pinhole(40, 41, 15, 9, 32, 20)
    assert query_camera(Path("0.png"), 16, 16, CAMERA, Intrinsics(cx=7.0)).camera.cx == 7.0
    for focal in (-1.0, 0.0, float("nan"), float("inf")):
        with pytest.raises(UserError, match="positive"):
            query_camera(Path("0.png"), 16, 16, CAMERA, Intrinsics(fl_x=focal))
    with pytest.raises(UserError, match="--cx"):
        query_camera(Path("0.png"), 16, 16, CAMERA, Intrinsics(cx=float("nan")))


def test_a_camera_that_was_turned_keeps_the_focal_length_along_its_long_side() -> None:
    training = Pinhole(500.0, 510.0, 190.0, 160.0, 400, 300)
    found = query_camera(Path("0.png"), 600, 800, training, NONE)
    assert (found.camera, found.source) == (Pinhole(1020, 1000, 300, 400, 600, 800), "training camera, turned")
    assert query_camera(Path("0.png"), 800, 600, training, NONE).camera == training.resized(800, 600)


def test_a_file_tells_the_intrinsics_of_single_photos(tmp_path: Path) -> None:
    frames = [
        {"file_path": "./a.jpg", "fl_x": 30.0, "fl_y": 31.0, "cx": 9.0, "cy": 7.0},
        {"file_path": "b", "w": 10, "h": 20, "fl_x": 12.0},
        {"file_path": "c.png", "transform_matrix": "of no interest"},
        {"file_path": "d.png", "k1": 0.1},
        {"file_path": "e.png", "fl_x": -1},
    ]
    (tmp_path / "cameras.json").write_text(json.dumps({"w": 16, "h": 12, "fl_x": 20.0, "frames": frames}))
    for given in (NONE, OPTIMIZE, Intrinsics(fl_x=99.0, query_cameras=tmp_path / "cameras.json")):
        found = query_camera(tmp_path / "a.jpg", 32, 24, CAMERA, given)
        assert found.camera == Pinhole(60, 62, 18, 14, 32, 24) and found.focal_starts == ()
        assert found.source == str(tmp_path / "cameras.json")
        assert query_camera(tmp_path / "b.png", 20, 40, CAMERA, given).camera == Pinhole(24, 24, 10, 20, 20, 40)
        assert query_camera(tmp_path / "c.png", 16, 12, CAMERA, given).camera.fl_x == 20.0
    assert query_camera(tmp_path / "other.png", 32, 32, CAMERA, NONE).camera == CAMERA.resized(32, 32)
    for name, size, words in (
        ("a.jpg", (24, 32), r"a.jpg with 16x12 pixels, but .*a.jpg has 24x32 upright"),
        ("d.png", (16, 12), "distortion.*undistort"),
        ("e.png", (16, 12), "'fl_x' of e.png is -1"),
    ):
        with pytest.raises(UserError, match=words):
            query_camera(tmp_path / name, *size, CAMERA, NONE)


@pytest.mark.parametrize(
    ("content", "words"),
    [("no json", "not valid JSON"), ("{}", "no list of 'frames'"), ('{"frames": [{"fl_x": 1}]}', "'file_path'")],
)
def test_files_that_tell_nothing(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "cameras.json").write_text(content)
    with pytest.raises(UserError, match=words):
        query_camera(tmp_path / "a.png", 16, 16, CAMERA, NONE)
    with pytest.raises(UserError, match=r"nowhere.json: cannot be read"):
        query_camera(tmp_path / "a.png", 16, 16, CAMERA, Intrinsics(query_cameras=tmp_path / "nowhere.json"))


def test_what_is_estimated_begins_with_the_best_that_is_known(tmp_path: Path) -> None:
    photo = tmp_path / "phone.jpg"
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 26
    Image.new("RGB", (40, 30)).save(photo, exif=exif)
    assert exif_focal(photo, 40, 30) == pytest.approx(26 / 43.2666 * 50, rel=1e-4)
    found = query_camera(photo, 40, 30, CAMERA, OPTIMIZE)
    assert (found.source, found.focal_starts) == ("EXIF", NEAR) and found.camera.fl_x == exif_focal(photo, 40, 30)
    given = query_camera(photo, 40, 30, CAMERA, Intrinsics(fl_x=50.0, optimize_focal=True))
    assert (given.source, given.focal_starts, given.camera.fl_x) == ("options", NEAR, 50.0)
    Image.new("RGB", (40, 30)).save(photo)
    assert exif_focal(photo, 40, 30) is None
    unknown = query_camera(photo, 40, 30, CAMERA, OPTIMIZE)
    assert (unknown.source, unknown.focal_starts) == ("training camera", ANYWHERE)
    assert unknown.camera.fl_x == pytest.approx(40 / 16 * CAMERA.fl_x)
