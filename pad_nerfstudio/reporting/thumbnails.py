"""Small pictures that travel inside the report."""

import base64
import io
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Shaped
from PIL import Image


def data_uri(image: Shaped[np.ndarray, "h w *channels"], side: int = 176) -> str:
    """A small copy of the image as `data:` address, its longer side at most `side` pixels.

    Args:
        image: 8-bit RGB or gray, which become a JPEG; or a boolean mask, which becomes a PNG of one bit a pixel
        side: pixels of the longer side
    """
    if image.dtype == np.bool_:
        return _address("png", _small_mask(image, side), optimize=True)
    small = cv2.resize(image, _small_size(image, side), interpolation=cv2.INTER_AREA)
    return _address("jpeg", small, quality=75, optimize=True)


def _small_size(image: Shaped[np.ndarray, "h w *channels"], side: int) -> tuple[int, int]:
    """Width and height."""
    h, w = image.shape[:2]
    scale = min(1.0, side / max(h, w))
    return max(1, round(w * scale)), max(1, round(h * scale))


def _small_mask(mask: Bool[np.ndarray, "h w"], side: int) -> Bool[np.ndarray, "small_h small_w"]:
    """True where any of the pixels is: the smallest defect stays visible."""
    return cv2.resize(mask.astype(np.float32), _small_size(mask, side), interpolation=cv2.INTER_AREA) > 0


def _address(form: str, image: np.ndarray, **options: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=form, **options)
    return f"data:image/{form};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
