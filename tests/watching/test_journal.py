"""The journal after kills, and in wrong hands."""

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.watching.journal import Entry, Journal
from pad_nerfstudio.watching.readiness import State


def entry(number: int) -> Entry:
    return Entry(f"/in/{number}.png", 10, number, {"path": f"/in/{number}.png", "score": 0.5})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / ".records" / "watch.jsonl"


def test_what_was_finished_and_announced_is_known_again(path: Path) -> None:
    with Journal(path, "x") as journal:
        for number in range(3):
            journal.append(entry(number))
        journal.mark_announced(2)
        assert journal.unannounced == [entry(2)]
    with Journal(path, "x") as again:
        assert again.entries == [entry(0), entry(1), entry(2)] and again.unannounced == [entry(2)]
        assert again.has(Path("/in/1.png"), State(10, 1))
        assert not again.has(Path("/in/1.png"), State(10, 7)) and not again.has(Path("/in/9.png"), State(10, 9))


def test_a_kill_in_the_midst_of_any_line_costs_that_line_only(path: Path) -> None:
    with Journal(path, "x") as journal:
        for number in range(2):
            journal.append(entry(number))
            journal.mark_announced(number + 1)
    content = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    for length in range(len(content)):
        path.write_bytes(content[:length])
        whole = sum(end <= length for end in ends)
        with Journal(path, "x") as again:
            assert (len(again.entries), again.announced) == ([0, 0, 1, 1, 2][whole], [0, 0, 0, 1, 1][whole])
            again.append(entry(7))
        with Journal(path, "x") as after:
            assert after.entries[-1] == entry(7)
            assert all(json.loads(line) for line in path.read_text().splitlines())


def test_photos_of_other_settings_are_not_mixed_in(path: Path) -> None:
    with Journal(path, "x"):
        pass
    with pytest.raises(UserError, match=r"out: its photos were scored with other options"):
        Journal(path, "y")
    with Journal(path, "x"):
        pass


def test_only_one_at_a_time(path: Path) -> None:
    pytest.importorskip("fcntl")
    with Journal(path, "x"), pytest.raises(UserError, match=r"out: another --watch writes there; end it, or give"):
        Journal(path, "x")
    with Journal(path, "x"):
        pass


def test_damage_before_the_end_is_not_passed_over(path: Path) -> None:
    with Journal(path, "x") as journal:
        journal.append(entry(0))
        journal.append(entry(1))
    lines = path.read_text().splitlines()
    for number, damaged in ((1, ["{}", *lines[1:]]), (2, [lines[0], lines[1][:20], lines[2]])):
        path.write_text("\n".join(damaged) + "\n")
        with pytest.raises(UserError, match=f"watch.jsonl: line {number} is damaged"):
            Journal(path, "x")


def test_several_threads_may_finish_photos(path: Path) -> None:
    with Journal(path, "x") as journal:
        threads = [threading.Thread(target=journal.append, args=[entry(number)]) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with Journal(path, "x") as again:
        assert sorted(e.mtime_ns for e in again.entries) == list(range(20))


def test_a_line_that_cannot_be_written_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(path, "x") as journal:
        journal.append(entry(0))
        content = path.read_bytes()

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "no space left")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="no space left"):
            patch.setattr(os, "fsync", full)
            journal.append(entry(1))
        assert path.read_bytes() == content and journal.entries == [entry(0)]
        journal.append(entry(2))
    with Journal(path, "x") as again:
        assert again.entries == [entry(0), entry(2)]
