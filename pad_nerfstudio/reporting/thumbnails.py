"""Small pictures that travel inside the report."""

import base64
import io

import cv2
import numpy as np
from jaxtyping import Shaped
from PIL import Image


def data_uri(image: Shaped[np.ndarray, "h w *channels"], side: int = 176) -> str:
    """A JPEG of the image as `data:` address, its longer side at most `side` pixels; gray where it has no channels.

    Args:
        image: 8-bit RGB or gray, or a boolean mask
    """
    if image.dtype == np.bool_:
        image = image.astype(np.uint8) * 255
    h, w = image.shape[:2]
    scale = min(1.0, side / max(h, w))
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, format="JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
