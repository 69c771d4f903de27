"""Files of another folder in a new one: linked where possible, else copied; the folder appears whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pad_nerfstudio.errors import UserError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`; on success it becomes `path`, else it is removed.

    Raises:
        UserError: `path` is a file or holds something
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise UserError(f"{path}: not an empty folder; give an empty or new --output-dir")
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        os.replace(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def place(source: Path, target: Path, copy: bool) -> None:
    """Make `target` a hard link to `source`, or a copy where `copy` says so or the file system knows no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not copy:
        try:
            os.link(source.resolve(), target)
            return
        except OSError:  # another file system, or one without links
            pass
    shutil.copy2(source, target)
