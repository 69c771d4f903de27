"""Writing files so that no reader ever sees half of one."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` with the same suffix; on success it is renamed to `path`, else removed.

    Args:
        path: the file to write; its folder is made where it is missing
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON (indented, NaN refused) whole or not at all.

    Raises:
        ValueError: for a number that is not finite: JSON has no word for it
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
