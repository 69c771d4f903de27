"""Small pictures keep what matters."""

import base64
import io

import numpy as np
from PIL import Image

from pad_nerfstudio.reporting.thumbnails import data_uri


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))


def test_a_photo_becomes_a_small_jpeg_and_is_never_enlarged() -> None:
    photo = np.full((40, 80, 3), 200, np.uint8)
    assert opened(data_uri(photo, 20)).size == (20, 10) and opened(data_uri(photo, 100)).size == (80, 40)
    assert data_uri(photo, 20).startswith("data:image/jpeg;base64,")


def test_the_smallest_defect_of_a_mask_stays_visible() -> None:
    mask = np.zeros((400, 400), bool)
    mask[201, 7] = True
    small = opened(data_uri(mask, 40))
    assert small.format == "PNG" and small.size == (40, 40)
    assert np.argwhere(np.asarray(small)).tolist() == [[20, 0]]
