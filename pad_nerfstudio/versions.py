"""What a figure was made with: versions of packages, and the machine."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import pad_nerfstudio

DECISIVE = ("nerfstudio", "torch", "numpy", "opencv-python-headless")
"""Packages on which poses and scores depend."""


def versions(packages: Sequence[str] = DECISIVE) -> dict[str, str]:
    """Versions of Python, of this package and of those of `packages` that are installed."""
    found = {"python": platform.python_version(), "pad-nerfstudio": pad_nerfstudio.__version__}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int | None]:
    """Number of cores and kind of processor, for figures that depend on them."""
    return {"cores": os.cpu_count(), "machine": platform.machine()}
