"""Which photos are localised, with which intrinsics, and what is refused."""

from pathlib import Path

import pytest
from PIL import Image

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.queries import gather_queries

CAMERA = Pinhole.from_angle_x(0.691, 16, 16)
NONE = Intrinsics()


def names(root: Path, *paths: Path) -> list[str]:
    return [photo.file_path for photo in gather_queries(root, paths, CAMERA, NONE)[0]]


def test_the_test_split_is_the_default(mad_class: Path) -> None:
    assert names(mad_class) == ["test/Burrs/0.png", "test/Burrs/1.png", "test/good/0.png", "test/good/1.png"]


def test_files_and_folders_in_and_outside_of_the_class_folder(mad_class: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "elsewhere" / "10.png"
    stranger.parent.mkdir()
    for name in ("10.png", "2.png"):
        Image.new("RGB", (16, 16)).save(stranger.with_name(name))
    given = (mad_class / "test" / "good" / "1.png", stranger.parent, mad_class / "test" / "good")
    outside = [str(stranger.with_name(name)) for name in ("2.png", "10.png")]
    assert names(mad_class, *given) == ["test/good/1.png", *outside, "test/good/0.png"]


def test_a_relative_path_is_the_same_photo(mad_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mad_class / "test")
    assert names(mad_class, Path("good/0.png")) == ["test/good/0.png"]


def test_a_photo_of_another_size_keeps_the_field_of_view(mad_class: Path) -> None:
    Image.new("L", (32, 32)).save(mad_class / "test" / "good" / "5.png")
    photos, _ = gather_queries(mad_class, [mad_class / "test" / "good" / "5.png"], CAMERA, NONE)
    assert photos[0].camera == CAMERA.resized(32, 32)


def test_no_photo_is_an_error(mad_class: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match=f"{empty}.*--queries"):
        names(mad_class, empty)
    with pytest.raises(UserError, match="nowhere.*no such"):
        names(mad_class, tmp_path / "nowhere")
    for path in (mad_class / "test").rglob("*.png"):
        path.unlink()
    for path in (mad_class / "ground_truth").rglob("*.png"):
        path.unlink()
    with pytest.raises(UserError, match=f"{mad_class / 'test'}.*--queries"):
        names(mad_class)


def test_a_broken_photo_is_named_or_left_out(mad_class: Path) -> None:
    broken = mad_class / "test" / "good" / "0.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(UserError, match=f"{broken}.*--skip-bad-images"):
        names(mad_class)
    photos, skipped = gather_queries(mad_class, (), CAMERA, NONE, skip_bad_images=True)
    assert len(photos) == 3 and skipped == [str(broken)]
    with pytest.raises(UserError, match="broken"):
        gather_queries(mad_class, [broken], CAMERA, NONE, skip_bad_images=True)
