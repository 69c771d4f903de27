"""Runs, class folders and scenes to be damaged, and how a command refuses them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.command_line import copy_run, run_command, sentence_of

Damage = Callable[[Path], object]
QUERY = "test/good/0.png"
MASK = "ground_truth/Burrs/0_mask.png"
VIEW = "train/good/7.png"
BOTH = pytest.mark.parametrize("command", ["ns-pad-localize", "ns-pad-score"])


def copied(config: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy a trained run to `folder / "run"` and its class folder to `folder / "cube"`; caches lie in `folder` too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    copy_run(config, folder)
    return folder


def cut(path: Path) -> None:
    """Leave only the beginning of a file."""
    path.write_bytes(path.read_bytes()[:60])


def resize(path: Path, w: int, h: int) -> None:
    """Resize an image."""
    Image.open(path).resize((w, h), Image.Resampling.BICUBIC).save(path)


def empty(path: Path) -> None:
    """Remove all that a folder holds."""
    shutil.rmtree(path)
    path.mkdir()


def refused(command: str, folder: Path, *arguments: str | Path) -> str:
    """The sentence with which a command refuses the run in `folder`."""
    options = ["--load-config", folder / "run" / "config.yml", "--output-dir", folder / "out"]
    ended = run_command(command, *options, *arguments)
    return sentence_of(ended, folder)
