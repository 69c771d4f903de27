"""Where the presets lie that come with the package."""

import sysconfig
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

INSTALLED = Path("share") / "pad-nerfstudio" / "configs"
"""Where a wheel puts them, below the prefix of the installation (see `data-files` in pyproject.toml)."""


def preset_folder() -> Path:
    """`configs/` of the checkout, or the place where a wheel's were installed."""
    checkout = Path(__file__).parents[2] / "configs"
    if (checkout.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    try:
        listed = [file for file in files("pad-nerfstudio") or [] if INSTALLED.as_posix() in file.as_posix()]
    except PackageNotFoundError:
        listed = []
    return Path(str(listed[0].locate())).resolve().parent if listed else Path(sysconfig.get_path("data")) / INSTALLED
