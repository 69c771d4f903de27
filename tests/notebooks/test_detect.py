"""The notebook runs from top to bottom, on the tiny field instead of the demo."""

import json
import subprocess
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from pad_nerfstudio.data.demo import demo_commands

NOTEBOOK = json.loads((Path(__file__).parents[2] / "notebooks" / "detect.ipynb").read_text(encoding="utf-8"))
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The notebook's names after its first cell, in which the user says what to judge."""
    monkeypatch.chdir(tmp_path)
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    names: dict[str, Any] = {}
    execute(CELLS[0], names)
    assert (names["config"], names["photo"]) == (None, None)
    yield names
    plt.close("all")
    matplotlib.use(before)


def execute(cell: dict[str, Any], names: dict[str, Any]) -> None:
    exec(compile("".join(cell["source"]), "detect.ipynb", "exec"), names)


def test_it_is_kept_without_outputs() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CELLS)


@pytest.mark.slow
def test_it_shows_a_defect(names: dict[str, Any], tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names["config"], names["photo"] = str(tiny_run), tiny_run.parents[3] / "cube" / "test" / "Burrs" / "0.png"
    for cell in CELLS[1:]:
        execute(cell, names)
    assert "anomalous: score " in capsys.readouterr().out
    pictures = {axis.get_title(): axis.images[0].get_array() for axis in plt.gcf().axes if axis.images}
    assert list(pictures) == ["photo", "reference", "map", "overlay"]
    assert pictures["map"].shape == (64, 64) and np.array_equal(pictures["photo"], names["result"].image)
    assert (Path("demo") / "detector" / "held_out" / "poses.json").is_file()


def test_without_a_run_it_trains_the_demo_once(names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def trained(command: list[Any], check: bool) -> None:
        commands.append([Path(command[0]).name, *command[1:]])
        config = Path(names["config"])
        config.parent.mkdir(parents=True)
        config.touch()

    monkeypatch.setattr(subprocess, "run", trained)
    for _ in range(2):
        names["config"] = None
        execute(CELLS[1], names)
    assert commands == [demo_commands(Path("demo").absolute() / "brick_demo")[0]]
    assert names["photo"].parent.name == "Stains" and names["photo"].is_file()
