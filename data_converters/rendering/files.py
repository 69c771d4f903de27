"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rendering.errors import UserError


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write [H, W, 3] or [H, W] aside and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    Image.fromarray(image).save(aside, format="PNG", optimize=True)
    os.replace(aside, path)


def read_json(path: Path) -> Any:
    """Read JSON that an earlier run wrote; None where there is no file."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    except ValueError as error:
        raise UserError(
            f"{path} is no JSON ({error}): delete it and the folders beside it, then render again"
        ) from error


def write_json(path: Path, content: Any) -> None:
    """Write JSON aside and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(aside, path)
