import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.prepared_images import cache_folder, prepared_image
from pad_nerfstudio.errors import UserError

WHITE = (1.0, 1.0, 1.0)
PIXELS = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_plain_image_is_used_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    assert prepared_image(tmp_path / "a.png", (6, 8), (6, 8), WHITE) == tmp_path / "a.png"
    assert not cache_folder().exists()


def test_a_smaller_copy_is_made_once_and_outside_the_data(tmp_path: Path) -> None:
    source = tmp_path / "data" / "a.png"
    source.parent.mkdir()
    Image.fromarray(PIXELS).save(source)
    copy = prepared_image(source, (3, 4), (6, 8), WHITE)
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), read_image(source, WHITE, (3, 4)))
    written = copy.stat().st_mtime_ns
    assert prepared_image(source, (3, 4), (6, 8), WHITE) == copy and copy.stat().st_mtime_ns == written
    assert [f.name for f in source.parent.iterdir()] == ["a.png"]
    assert copy.is_relative_to(tmp_path / "cache") and len(list(cache_folder().iterdir())) == 1


def test_a_changed_source_is_copied_again(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(source)
    before = prepared_image(source, (3, 4), (6, 8), WHITE)
    Image.fromarray(255 - PIXELS).save(source)
    os.utime(source, ns=(1, 1))
    after = prepared_image(source, (3, 4), (6, 8), WHITE)
    assert after != before
    np.testing.assert_array_equal(np.asarray(Image.open(after)), read_image(source, WHITE, (3, 4)))


def test_sixteen_bits_are_converted(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), PIXELS[..., ::-1].astype(np.uint16) * 257)
    copy = prepared_image(tmp_path / "a.png", (6, 8), (6, 8), WHITE)
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), PIXELS)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (tmp_path / "cache").touch()
    with pytest.raises(UserError, match="cannot be written .*; set XDG_CACHE_HOME"):
        prepared_image(tmp_path / "a.png", (3, 4), (6, 8), WHITE)


def test_transparent_pixels_take_the_background_that_is_asked_for(tmp_path: Path) -> None:
    Image.new("RGBA", (6, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
    copies = [prepared_image(tmp_path / "a.png", (3, 4), (6, 8), color) for color in (WHITE, (0.0, 0.0, 1.0))]
    assert [np.asarray(Image.open(copy))[0, 0].tolist() for copy in copies] == [[255, 255, 255], [0, 0, 255]]
