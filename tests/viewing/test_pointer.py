"""The file that leads from a run to its results."""

import json
from pathlib import Path

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.viewing.pointer import NAME, read_pointer, write_pointer


def test_what_is_written_is_read(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    assert read_pointer(tmp_path) is None
    assert write_pointer(tmp_path, results, None) is None
    found = read_pointer(tmp_path)
    assert found is not None and (found.results, found.poses) == (results, results / "poses.json")
    assert write_pointer(tmp_path, results, tmp_path / "other" / "poses.json") is None
    found = read_pointer(tmp_path)
    assert found is not None and found.poses == tmp_path / "other" / "poses.json"
    assert [path.name for path in tmp_path.iterdir()] and not list(tmp_path.glob(".*"))


def test_a_run_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.write_text("a file where a folder should be")
    said = write_pointer(run, tmp_path, None)
    assert said is not None and "cannot be written" in said and "\n" not in said


@pytest.mark.parametrize("content", ["", "[1]", '{"schema": 1}', '{"schema": 1, "results": 3, "poses": "/p"}'])
def test_a_broken_one(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    with pytest.raises(UserError, match="scored.json: not what ns-pad-score leaves there"):
        read_pointer(tmp_path)


def test_one_that_leads_nowhere_or_is_too_new(tmp_path: Path) -> None:
    write_pointer(tmp_path, tmp_path / "gone", None)
    with pytest.raises(UserError, match="gone is gone; run ns-pad-score again"):
        read_pointer(tmp_path)
    (tmp_path / NAME).write_text(json.dumps({"schema": 99, "results": "/", "poses": "/p"}))
    with pytest.raises(UserError, match="of another version"):
        read_pointer(tmp_path)
