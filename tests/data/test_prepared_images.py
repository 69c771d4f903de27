import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.prepared_images import cache_folder, prepared_image, prepared_mask
from pad_nerfstudio.errors import UserError

WHITE = (1.0, 1.0, 1.0)
PIXELS = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_plain_image_is_used_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    assert prepared_image(tmp_path / "a.png", (6, 8), (6, 8)) == tmp_path / "a.png"
    assert not cache_folder().exists()


def test_a_smaller_copy_is_made_once_and_outside_the_data(tmp_path: Path) -> None:
    source = tmp_path / "data" / "a.png"
    source.parent.mkdir()
    Image.fromarray(PIXELS).save(source)
    copy = prepared_image(source, (3, 4), (6, 8))
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), read_image(source, WHITE, (3, 4)))
    written = copy.stat().st_mtime_ns
    assert prepared_image(source, (3, 4), (6, 8)) == copy and copy.stat().st_mtime_ns == written
    assert [f.name for f in source.parent.iterdir()] == ["a.png"]
    assert copy.is_relative_to(tmp_path / "cache") and len(list(cache_folder().iterdir())) == 1


def test_a_changed_source_is_copied_again(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(source)
    before = prepared_image(source, (3, 4), (6, 8))
    Image.fromarray(255 - PIXELS).save(source)
    os.utime(source, ns=(1, 1))
    after = prepared_image(source, (3, 4), (6, 8))
    assert after != before
    np.testing.assert_array_equal(np.asarray(Image.open(after)), read_image(source, WHITE, (3, 4)))


def test_sixteen_bits_are_converted(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), PIXELS[..., ::-1].astype(np.uint16) * 257)
    copy = prepared_image(tmp_path / "a.png", (6, 8), (6, 8))
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), PIXELS)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (tmp_path / "cache").touch()
    with pytest.raises(UserError, match="cannot be written .*; set XDG_CACHE_HOME"):
        prepared_image(tmp_path / "a.png", (3, 4), (6, 8))


def test_what_is_transparent_stays_so_and_does_not_tint_what_is_not(tmp_path: Path) -> None:
    pixels = np.zeros((8, 6, 4), np.uint8)
    pixels[:, 3:] = (200, 100, 50, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    copy = np.asarray(Image.open(prepared_image(tmp_path / "a.png", (2, 4), (6, 8))))
    assert copy[:, 0, 3].tolist() == [0] * 4 and copy[0, 1].tolist() == [200, 100, 50, 255]
    copy = np.asarray(Image.open(prepared_image(tmp_path / "a.png", (3, 4), (6, 8))))
    assert copy[0, 1].tolist() == [200, 100, 50, 128]


def test_a_mask_cuts_the_object_out_with_its_soft_edge(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    mask = np.zeros((8, 6), np.uint8)
    mask[:, 3], mask[:, 4:] = 100, 200
    Image.fromarray(mask).save(tmp_path / "mask.png")
    copy = np.asarray(Image.open(prepared_image(tmp_path / "a.png", (6, 8), (6, 8), tmp_path / "mask.png")))
    np.testing.assert_array_equal(copy[..., :3], PIXELS)
    assert copy[0, :, 3].tolist() == [0, 0, 0, 128, 255, 255]
    Image.fromarray(mask[:4]).save(tmp_path / "half.png")
    with pytest.raises(UserError, match="half.png: the mask has 6x4 pixels but its image 6x8"):
        prepared_image(tmp_path / "a.png", (6, 8), (6, 8), tmp_path / "half.png")


def test_a_pixel_is_shown_where_all_of_it_is(tmp_path: Path) -> None:
    shown = np.full((8, 6), 255, np.uint8)
    shown[:, 0] = 0
    Image.fromarray(shown).save(tmp_path / "a.png")
    assert np.asarray(Image.open(prepared_mask(tmp_path / "a.png", (3, 4))))[0].tolist() == [0, 255, 255]
    assert np.asarray(Image.open(prepared_mask(None, (3, 4)))).min() == 255
