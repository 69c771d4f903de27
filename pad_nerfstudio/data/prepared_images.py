"""Copies of images that a plain reader gets right: upright, 8 bits, composited, downscaled; kept in a cache."""

import hashlib
import os
from pathlib import Path

from PIL import Image

from pad_nerfstudio.data.images import decodes_plainly, read_image
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import written_aside


def cache_folder() -> Path:
    """The folder of prepared copies: `$XDG_CACHE_HOME/pad-nerfstudio/images`, `~/.cache/...` where that is unset."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pad-nerfstudio" / "images"


def prepared_image(
    path: Path, size: tuple[int, int], original_size: tuple[int, int], background: tuple[float, float, float]
) -> Path:
    """A file with the pixels of `path` at `size` that Nerfstudio's dataset decodes correctly.

    Nerfstudio opens image files itself, without care for EXIF orientation, palettes or 16 bits, and shrinks by
    interpolation with a size rounded apart from its camera's. So whatever is not plain, or is to be resized, is
    converted once by `read_image` and kept in the cache; the data folder is never written to. A copy is made again
    when its source changes.

    Args:
        path: the image
        size: width and height wanted
        original_size: width and height of the upright image
        background: RGB in [0, 1] under transparent pixels

    Returns:
        `path` itself where it will do, else the copy.

    Raises:
        UserError: the image is broken, or the cache cannot be written
    """
    if size == original_size and decodes_plainly(path):
        return path
    state = path.stat()
    source = (str(path.resolve()), state.st_mtime_ns, state.st_size, size, tuple(background))
    copy = cache_folder() / f"{hashlib.sha256(repr(source).encode()).hexdigest()[:24]}.png"
    if not copy.exists():
        image = Image.fromarray(read_image(path, background, size))
        try:
            with written_aside(copy) as aside:
                image.save(aside, compress_level=1)
        except OSError as error:
            raise UserError(
                f"{copy.parent}: cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder with space"
            ) from error
    return copy
