"""Copies of images that a plain reader gets right: upright, 8 bits, cut out, downscaled; kept in a cache."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pad_nerfstudio.data.images import decodes_plainly, read_cutout, read_image
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import written_aside


def cache_folder() -> Path:
    """The folder of prepared copies: `$XDG_CACHE_HOME/pad-nerfstudio/images`, `~/.cache/...` where that is unset."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pad-nerfstudio" / "images"


def prepared_image(path: Path, size: tuple[int, int], original_size: tuple[int, int], mask: Path | None = None) -> Path:
    """A file with the pixels of `path` at `size` that Nerfstudio's dataset decodes correctly.

    Nerfstudio opens image files itself, without care for EXIF orientation, palettes or 16 bits, and shrinks by
    interpolation with a size rounded apart from its camera's. So whatever is not plain, or is to be resized, is
    converted once and kept in the cache; the data folder is never written to. A copy is made again when its source
    changes. What is transparent in the image, or outside of its mask, is transparent in the copy.

    Args:
        path: the image
        size: width and height wanted
        original_size: width and height of the upright image
        mask: of the object, as large as the image

    Returns:
        `path` itself where it will do, else the copy.

    Raises:
        UserError: the image is broken, or the cache cannot be written
    """
    if mask is None and size == original_size and decodes_plainly(path):
        return path
    copy = _copy_of(*(_state(file) for file in (path, mask) if file), size, "cut out")
    if not copy.exists():
        pixels = read_cutout(path, size, mask)
        image = Image.fromarray(pixels if pixels[..., 3].min() < 255 else read_image(path, size=size))
        _keep(image, copy)
    return copy


def prepared_mask(path: Path | None, size: tuple[int, int]) -> Path:
    """A copy of a mask of what a photo shows at another size: 255 where all of a pixel is shown, else 0.

    Args:
        path: the mask; without one, all is shown
        size: width and height wanted

    Raises:
        UserError: the mask is broken, or the cache cannot be written
    """
    copy = _copy_of(None if path is None else _state(path), size, "shown")
    if not copy.exists():
        whole = np.full((size[1], size[0]), 255, np.uint8) if path is None else read_image(path, size=size)[..., 0]
        _keep(Image.fromarray(np.where(whole == 255, np.uint8(255), np.uint8(0))), copy)
    return copy


def _state(path: Path) -> tuple[str, int, int]:
    """Tells a file from what replaced it."""
    status = path.stat()
    return str(path.resolve()), status.st_mtime_ns, status.st_size


def _copy_of(*source: Any) -> Path:
    """Where the copy made of a source lies."""
    return cache_folder() / f"{hashlib.sha256(repr(source).encode()).hexdigest()[:24]}.png"


def _keep(image: Image.Image, copy: Path) -> None:
    try:
        with written_aside(copy) as aside:
            image.save(aside, compress_level=1)
    except OSError as error:
        raise UserError(
            f"{copy.parent}: cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder with space"
        ) from error
