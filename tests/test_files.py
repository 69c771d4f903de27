"""Files are whole or not there at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pad_nerfstudio.files import write_csv, write_json, write_text, written_aside


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    with written_aside(path) as aside:
        aside.write_text("half")
        assert not path.exists() and aside.suffix == ".json" and aside.parent == path.parent
    assert path.read_text() == "half" and list(path.parent.iterdir()) == [path]


def test_a_failure_keeps_what_was_there_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, [1])
    with pytest.raises(KeyboardInterrupt), written_aside(path) as aside:
        aside.write_text("half")
        raise KeyboardInterrupt
    with pytest.raises(ValueError):
        write_json(path, float("nan"))
    assert path.read_text() == "[\n  1\n]\n" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="whether a process runs is asked on POSIX only")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".a.{dead.pid}.tmp.json"
    kept = [
        tmp_path / f".a.{os.getppid()}.tmp.json",
        tmp_path / f".b.{dead.pid}.tmp.json",
        tmp_path / f".a.{dead.pid}.tmp.png",
        tmp_path / ".a.x.tmp.json",
    ]
    for path in (left, *kept):
        path.write_text("{")
    write_text(tmp_path / "a.json", "{}")
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "a.json"])


def test_a_table_has_empty_cells_where_nothing_is_known(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ("name", "x"), [["a,b", 1 / 3], [None, True], ["c", 2]])
    assert (tmp_path / "a.csv").read_text() == 'name,x\n"a,b",0.333333\n,true\nc,2\n'
