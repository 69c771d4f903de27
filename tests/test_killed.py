"""A run that is killed and started again computes nothing twice and leaves no file half written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from pad_nerfstudio.anomaly import score_queries
from pad_nerfstudio.anomaly.outputs import OutputFolder
from pad_nerfstudio.anomaly.scorer import Scorer
from pad_nerfstudio.localization.localizer import Localizer
from tests.command_line import QUICK, run_command

QUERIES = ["test/Burrs/0.png", "test/Burrs/1.png", "test/good/0.png", "test/good/1.png"]


@pytest.fixture
def arguments(tiny_run: Path, tmp_path: Path) -> list[str]:
    """Options of both commands."""
    return ["--load-config", str(tiny_run), "--output-dir", str(tmp_path / "out")]


@pytest.fixture(scope="module")
def before_scoring(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with the poses of all queries and what the held-out views teach, but no query scored."""
    out = tmp_path_factory.mktemp("scored") / "out"
    options = ["--load-config", tiny_run, "--output-dir", out]
    assert run_command("ns-pad-localize", *options, *QUICK).code == 0
    assert run_command("ns-pad-score", *options, "--poses", out / "poses.json").code == 0
    for path in (*out.glob("*.*"), out / "maps", out / "references", out / "overlays", out / ".records" / "test"):
        if path.is_dir() and path.name != ".records":
            shutil.rmtree(path)
        elif path.is_file() and path.name != "poses.json":
            path.unlink()
    return out


class Counted:
    """Counts the calls of a method, and raises KeyboardInterrupt in the call after `until`."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str, until: int = 1000) -> None:
        original = getattr(owner, name)
        self.calls = 0

        def counted(*arguments: Any, **options: Any) -> Any:
            if self.calls == until:
                raise KeyboardInterrupt
            self.calls += 1
            return original(*arguments, **options)

        patch.setattr(owner, name, counted)


def every_file_loads(folder: Path) -> Iterator[str]:
    """The names of all files below `folder`, after each has been read to its end."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".tiff":
            assert np.isfinite(tifffile.imread(path)).all()
        elif path.suffix == ".png":
            Image.open(path).load()
        assert ".tmp" not in path.name
        yield path.relative_to(folder).as_posix()


def frames_of(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "poses.json").read_text())["frames"]


def test_localising_goes_on(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        Counted(patch, Localizer, "localize", until=2)
        ended = run_command("ns-pad-localize", *arguments, *QUICK)
    assert ended.code == 130 and ended.err.startswith("interrupted: what is finished is kept")
    assert list(every_file_loads(tmp_path / "out")) == ["poses.json"]
    before = frames_of(tmp_path / "out")
    assert [frame["file_path"] for frame in before] == QUERIES[:2]
    again = Counted(monkeypatch, Localizer, "localize")
    assert run_command("ns-pad-localize", *arguments, *QUICK).code == 0
    after = frames_of(tmp_path / "out")
    assert again.calls == 2 and after[:2] == before and [frame["file_path"] for frame in after] == QUERIES


@pytest.mark.parametrize("where", ["before a query", "in the midst of a query's files", "in the midst of a file"])
def test_scoring_goes_on(
    arguments: list[str], before_scoring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    shutil.copytree(before_scoring, tmp_path / "out")
    given = [*arguments, "--poses", str(tmp_path / "out" / "poses.json")]
    with monkeypatch.context() as patch:
        if where == "before a query":
            Counted(patch, Scorer, "__call__", until=2)
        elif where == "in the midst of a query's files":
            Counted(patch, score_queries, "write_png", until=2 * 2 + 1)
        else:
            Counted(patch, Image.Image, "save", until=2 * 2 + 1)
        ended = run_command("ns-pad-score", *given)
    assert ended.code == 130 and ended.err.endswith("the same command goes on from there\n")
    files, output = list(every_file_loads(tmp_path / "out")), OutputFolder(tmp_path / "out")
    assert [name for name in files if name.startswith(".records/test")] == [
        ".records/test/Burrs/0.json", ".records/test/Burrs/1.json",
    ]  # fmt: skip
    finished = {path: path.stat().st_mtime_ns for name in QUERIES[:2] for path in [output.map_path(name)]}

    again = Counted(monkeypatch, Scorer, "__call__")
    assert run_command("ns-pad-score", *given).code == 0
    assert again.calls == 2
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    files = list(every_file_loads(tmp_path / "out"))
    assert {f"maps/{Path(name).with_suffix('.tiff')}" for name in QUERIES} < set(files)
    assert {"scores.csv", "metrics.json", "report.html"} < set(files)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")
@pytest.mark.parametrize("command", ["localize", "score"])
def test_a_kill_without_warning(
    arguments: list[str], before_scoring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    out = tmp_path / "out"
    if command == "localize":
        given, seen = [*arguments, *QUICK], Counted(monkeypatch, Localizer, "localize")
    else:
        shutil.copytree(before_scoring, out)
        given, seen = [*arguments, "--poses", str(out / "poses.json")], Counted(monkeypatch, Scorer, "__call__")

    def finished() -> int:
        if command == "localize":
            return len(frames_of(out)) if (out / "poses.json").exists() else 0
        return len(list((out / ".records").glob("test/*/[0-9].json")))

    code = f"from pad_nerfstudio.commands.{command} import entrypoint; entrypoint()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, *given], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        while finished() == 0 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    done = finished()
    assert 1 <= done <= 4
    assert run_command(f"ns-pad-{command}", *given).code == 0
    assert seen.calls == 4 - done
    assert len(list(every_file_loads(out))) > 0 and finished() == 4
