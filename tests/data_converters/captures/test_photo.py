"""Reading photos of a capture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from captures.photo import encoded_srgb, photo_size, read_photo
from PIL import Image

from pad_nerfstudio.errors import UserError


def test_exr_is_linear_light(tmp_path: Path) -> None:
    light = np.array([[[0.0, 0.5, 1.0], [0.002, 0.2140, 7.0]]], np.float32)
    path = tmp_path / "photo.exr"
    path.write_bytes(cv2.imencode(".exr", light[..., ::-1])[1].tobytes())
    rgb, opacity = read_photo(path, upright=False)
    assert rgb.tolist() == [[[0, 188, 255], [7, 127, 255]]] and opacity is None
    assert photo_size(path) == ((2, 1), False)


def test_srgb_against_its_inverse() -> None:
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    assert (encoded_srgb(linear) == np.arange(256)).all()


def test_orientation_is_followed_or_not(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    Image.fromarray(pixels).save(tmp_path / "photo.png", exif=exif)
    assert (read_photo(tmp_path / "photo.png", upright=False)[0] == pixels).all()
    assert (read_photo(tmp_path / "photo.png", upright=True)[0] == np.rot90(pixels, -1)).all()
    assert photo_size(tmp_path / "photo.png") == ((3, 2), True)


def test_grey_deep_and_transparent_photos(tmp_path: Path) -> None:
    deep = np.full((2, 2), 257 * 9, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    rgb, opacity = read_photo(tmp_path / "deep.png", upright=False)
    assert (rgb == 9).all() and rgb.shape == (2, 2, 3) and opacity is None
    Image.new("RGBA", (2, 2), (1, 2, 3, 4)).save(tmp_path / "clear.png")
    rgb, opacity = read_photo(tmp_path / "clear.png", upright=True)
    assert (rgb == (1, 2, 3)).all() and opacity is not None and (opacity == 4).all()


@pytest.mark.parametrize("name", ["photo.exr", "photo.png"])
def test_broken_and_missing_photos(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="no such image"):
        read_photo(tmp_path / name, upright=False)
    (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(UserError, match=f"{name}: broken.*remove it from the capture"):
        read_photo(tmp_path / name, upright=False)
