"""File names of image folders: natural order, and the spellings under which one image is known."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pad_nerfstudio.errors import UserError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
"""Suffixes (lower case) of files that count as images."""


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which `2.png` comes before `10.png` and case does not matter; ties are broken by spelling."""
    parts = re.findall(r"\d+|\D+", name)
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts]
    return [*key, (2, 0, name)]


@lru_cache(maxsize=100_000)
def canonical_stem(stem: str) -> str:
    """A stem without the zeros that pad its numbers: `000` and `0` are one image, so are `r_007` and `r_7`."""
    return re.sub(r"\d+", lambda digits: str(int(digits[0])), stem)


def image_files(folder: Path) -> list[Path]:
    """The images that lie directly in `folder`, hidden files left out, in natural order; none where it is no folder."""
    if not folder.is_dir():
        return []
    files = [f for f in folder.iterdir() if f.suffix.lower() in IMAGE_SUFFIXES and not f.name.startswith(".")]
    return sorted((f for f in files if f.is_file()), key=lambda f: natural_key(f.name))


def match_name(name: str, files: Iterable[Path]) -> Path | None:
    """The file that `name` means, though it may be padded otherwise or lack its suffix.

    The closest spelling wins: the same name, then the same stem, then the same padding-free name, then the same
    padding-free stem.

    Args:
        name: a file name, with or without a suffix
        files: the candidates, all in one folder

    Raises:
        UserError: two files fit equally well
    """
    known = name.lower().endswith(IMAGE_SUFFIXES)
    stem, suffix = (Path(name).stem, Path(name).suffix.lower()) if known else (name, "")
    spellings = [
        lambda f: f.name == name,
        lambda f: f.stem == stem and suffix in ("", f.suffix.lower()),
        lambda f: f.stem == stem,
        lambda f: canonical_stem(f.stem) == canonical_stem(stem) and suffix in ("", f.suffix.lower()),
        lambda f: canonical_stem(f.stem) == canonical_stem(stem),
    ]
    files = list(files)
    for fits in spellings:
        found = [f for f in files if fits(f)]
        if len(found) > 1:
            raise UserError(
                f"{found[0].parent}: '{name}' may mean {found[0].name} or {found[1].name}; remove or rename one of them"
            )
        if found:
            return found[0]
    return None
