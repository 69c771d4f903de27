"""The focal length that a photo's EXIF data tell: near the truth, as autofocus, cropping and zoom change it."""

import math
from pathlib import Path

from PIL import ExifTags, Image

FULL_FRAME_DIAGONAL = math.hypot(36.0, 24.0)
"""Of 35 mm film, in millimetres: equivalent focal lengths are those of equal diagonal fields of view (CIPA DCG-001)."""


def exif_focal(path: Path, w: int, h: int) -> float | None:
    """The focal length in pixels of a photo of `w` x `h` pixels by its 35 mm equivalent; None where it has none."""
    try:
        with Image.open(path) as image:
            tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
        equivalent = float(tags.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
    except Exception:  # what cannot be read is not there: pixels are checked elsewhere
        return None
    if not 1 < equivalent < 10_000:
        return None
    return equivalent / FULL_FRAME_DIAGONAL * math.hypot(w, h)
