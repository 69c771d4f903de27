from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pad_nerfstudio.data.images import (
    composite,
    decodes_plainly,
    read_image,
    read_mask,
    read_pixels,
    stored_size,
    verified_size,
)
from pad_nerfstudio.errors import UserError

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 4, 3), dtype=np.uint8)
GRAY = RNG.integers(0, 256, (6, 4), dtype=np.uint8)
RGBA = RNG.integers(0, 256, (6, 4, 4), dtype=np.uint8)


def as_rgb(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., None], 3, axis=2)


def over(rgba: np.ndarray, background: tuple[float, float, float]) -> np.ndarray:
    """Compositing, pixel by pixel in exact arithmetic."""
    out = np.zeros(rgba.shape[:2] + (3,), np.uint8)
    for y, x in np.ndindex(rgba.shape[:2]):
        for c in range(3):
            alpha = int(rgba[y, x, 3])
            out[y, x, c] = round((int(rgba[y, x, c]) * alpha + 255 * background[c] * (255 - alpha)) / 255)
    return out


def save16(path: Path, rgb_order: np.ndarray) -> None:
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    cv2.imwrite(str(path), rgb_order if rgb_order.ndim == 2 else rgb_order[..., order[rgb_order.shape[2]]])


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_rgb_is_read_as_it_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(RGB).save(path)
    np.testing.assert_array_equal(read_image(path), RGB)
    assert decodes_plainly(path)


def test_gray_is_read_as_rgb(tmp_path: Path) -> None:
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), as_rgb(GRAY))


@pytest.mark.parametrize("background", [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.2, 0.4, 1.0)])
def test_rgba_is_composited(tmp_path: Path, background: tuple[float, float, float]) -> None:
    Image.fromarray(RGBA).save(tmp_path / "a.png")
    difference = read_image(tmp_path / "a.png", background).astype(int) - over(RGBA, background)
    assert np.abs(difference).max() <= (0 if background[0] in (0, 1) else 1)


def test_gray_with_alpha_is_composited(tmp_path: Path) -> None:
    alpha = RGBA[..., 3]
    Image.merge("LA", (Image.fromarray(GRAY), Image.fromarray(alpha))).save(tmp_path / "a.png")
    expected = over(np.dstack([as_rgb(GRAY), alpha]), (0.0, 0.0, 0.0))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", (0.0, 0.0, 0.0)), expected)
    assert not decodes_plainly(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("pixels", [GRAY, RGB, RGBA], ids=["gray", "rgb", "rgba"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, pixels: np.ndarray, suffix: str) -> None:
    deep, plain = tmp_path / f"deep{suffix}", tmp_path / "plain.png"
    save16(deep, pixels.astype(np.uint16) * 257)
    Image.fromarray(pixels).save(plain)
    np.testing.assert_array_equal(read_image(deep), read_image(plain))
    assert not decodes_plainly(deep)


def test_sixteen_bit_gray_with_alpha_is_composited(tmp_path: Path) -> None:
    alpha = RGBA[..., 3]
    save16(tmp_path / "a.png", np.dstack([as_rgb(GRAY), alpha]).astype(np.uint16) * 257)
    expected = over(np.dstack([as_rgb(GRAY), alpha]), (1.0, 1.0, 1.0))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)


def test_sixteen_bits_are_rounded_and_not_cut(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 65407, 65535]], dtype=np.uint16)
    save16(tmp_path / "a.png", values)
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [0, 0, 1, 1, 255, 255]


def test_palettes_and_their_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.save(tmp_path / "opaque.png")
    image.save(tmp_path / "keyed.png", transparency=1)
    assert read_image(tmp_path / "opaque.png").tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]
    assert read_image(tmp_path / "keyed.png").tolist() == [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]]
    assert not decodes_plainly(tmp_path / "opaque.png")


def test_one_bit_and_cmyk(tmp_path: Path) -> None:
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "bit.png")
    assert read_image(tmp_path / "bit.png")[0, :, 0].tolist() == [255, 0]
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.jpg")
    assert (read_image(tmp_path / "a.jpg") > 250).all()
    assert not decodes_plainly(tmp_path / "a.jpg")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "deep.png"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, name: str) -> None:
    from PIL import ImageOps

    path = tmp_path / name
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(RGB).save(tmp_path / "plain.png", exif=exif)
    with Image.open(tmp_path / "plain.png") as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    if name == "deep.png":
        save16(path, RGB.astype(np.uint16) * 257)
        data, chunk = path.read_bytes(), (tmp_path / "plain.png").read_bytes()
        start = chunk.index(b"eXIf") - 4
        length = int.from_bytes(chunk[start : start + 4], "big") + 12
        path.write_bytes(data[:33] + chunk[start : start + length] + data[33:])
    else:
        Image.fromarray(RGB).save(path, exif=exif)
    np.testing.assert_array_equal(read_image(path), upright)
    assert verified_size(path) == (upright.shape[1], upright.shape[0])
    assert decodes_plainly(path) == (orientation == 1 and name != "deep.png")


def test_shrinking_averages_areas(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    expected = RGB.reshape(3, 2, 2, 2, 3).mean(axis=(1, 3))
    difference = read_image(tmp_path / "a.png", size=(2, 3)) - expected
    assert np.abs(difference).max() <= 0.5
    assert read_image(tmp_path / "a.png", size=(8, 12)).shape == (12, 8, 3)


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0, 1, width=32))
def test_compositing_stays_between_colour_and_background(value: int, alpha: int, background: float) -> None:
    pixel = np.full((1, 1, 3), value, np.uint8)
    out = float(composite(pixel, np.full((1, 1), alpha, np.uint8), (background,) * 3)[0, 0, 0])
    low, high = sorted((float(value), 255 * background))
    assert low - 0.51 <= out <= high + 0.51


def truncated(path: Path, share: float = 0.6) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def broken_files(folder: Path) -> list[Path]:
    noise = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg", "cut.tif", "cut.webp"):
        Image.fromarray(noise).save(folder / name)
        truncated(folder / name)
    save16(folder / "deep.png", noise.astype(np.uint16) * 257)
    truncated(folder / "deep.png")
    Image.fromarray(noise).save(folder / "flipped.png")
    data = bytearray((folder / "flipped.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "flipped.png").write_bytes(data)
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no image")
    return sorted(folder.iterdir())


def test_broken_files_are_named_with_a_remedy(tmp_path: Path) -> None:
    for path in broken_files(tmp_path):
        for read in (read_image, verified_size, lambda p: read_mask(p, (32, 32))):
            with pytest.raises(UserError) as caught:
                read(path)
            assert str(path) in str(caught.value) and "--skip-bad-images" in str(caught.value)
            assert "\n" not in str(caught.value)


def test_a_missing_file_is_not_called_broken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such image"):
        read_image(tmp_path / "a.png")


def test_pixels_without_a_meaning_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match="float32"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("one", [1, 255, 65535])
def test_masks_of_any_scale(tmp_path: Path, one: int) -> None:
    truth = GRAY > 127
    save16(tmp_path / "a.png", (truth * one).astype(np.uint16 if one > 255 else np.uint8))
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png", (4, 6)), truth)


def test_masks_of_other_modes(tmp_path: Path) -> None:
    truth = GRAY > 127
    Image.fromarray(truth).save(tmp_path / "bit.png")
    Image.fromarray(np.where(truth[..., None], 255, 0).astype(np.uint8).repeat(3, 2)).save(tmp_path / "rgb.png")
    white = np.full((6, 4, 3), 255, np.uint8)
    Image.fromarray(np.dstack([white, np.where(truth, 255, 0).astype(np.uint8)])).save(tmp_path / "alpha.png")
    for name in ("bit.png", "rgb.png", "alpha.png"):
        np.testing.assert_array_equal(read_mask(tmp_path / name, (4, 6)), truth)
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(tmp_path / "none.png")
    assert not read_mask(tmp_path / "none.png", (4, 6)).any()


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GRAY).save(tmp_path / "0_mask.png")
    with pytest.raises(UserError, match=r"0_mask.png: the mask has 4x6 pixels but its image 8x8; give"):
        read_mask(tmp_path / "0_mask.png", (8, 8))


def test_pixels_as_stored_keep_rows_and_channels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png", exif=exif)
    assert (read_pixels(tmp_path / "photo.png", upright=False) == pixels).all()
    assert (read_pixels(tmp_path / "photo.png") == np.rot90(pixels, -1)).all()
    assert stored_size(tmp_path / "photo.png") == ((6, 4), True)
