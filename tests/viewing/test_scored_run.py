"""Reading results, and verdicts under a threshold that moves."""

from pathlib import Path

import pytest
import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.viewing.scored_run import read_scored_run
from pad_nerfstudio.viewing.verdicts import (
    ANOMALOUS,
    COLORS,
    NO_VERDICT,
    NORMAL,
    changed,
    color_of,
    list_entries,
    rank_of,
    summary,
    verdicts,
)
from tests.viewing.scored_toy import POSES, THRESHOLD, write_scored_toy


def test_queries_come_with_poses_the_most_anomalous_first(tmp_path: Path) -> None:
    pointer, data = write_scored_toy(tmp_path)
    run = read_scored_run(pointer, data)
    assert [query.file_path for query in run.queries] == list(POSES)
    assert run.queries[0].score > THRESHOLD > run.queries[1].score
    assert run.threshold == THRESHOLD
    assert [query.converged for query in run.queries] == [True, False]
    assert all(query.photo.is_file() and query.map.is_file() for query in run.queries)
    torch.testing.assert_close(run.queries[1].camera_to_world, POSES["test/good/1.png"])
    assert [(part.part_id, part.score) for part in run.parts] == [("toy", 4.5)]


def test_without_parts_or_threshold(tmp_path: Path) -> None:
    pointer, data = write_scored_toy(tmp_path, part=False)
    table = pointer.results / "scores.csv"
    table.write_text(table.read_text().replace(f",{THRESHOLD:g},true,", ",,,").replace(f",{THRESHOLD:g},false,", ",,,"))
    run = read_scored_run(pointer, data)
    assert run.parts == () and run.threshold is None
    assert verdicts(run.queries, run.threshold) == [NO_VERDICT] * 2
    assert "no threshold" in summary(run.queries, None)


@pytest.mark.parametrize("damage", ["missing", "columns", "number", "empty", "pose"])
def test_broken_results_are_one_sentence(tmp_path: Path, damage: str) -> None:
    pointer, data = write_scored_toy(tmp_path)
    table = pointer.results / "scores.csv"
    text = table.read_text()
    if damage == "missing":
        table.unlink()
    elif damage == "pose":
        pointer.poses.write_text(pointer.poses.read_text().replace("test/good/1.png", "test/good/7.png"))
    else:
        changes = {"columns": ("image_score", "x"), "number": (f",{THRESHOLD:g},", ",five,")}
        table.write_text(text.splitlines()[0] + "\n" if damage == "empty" else text.replace(*changes[damage]))
    with pytest.raises(UserError, match="run ns-pad-score again"):
        read_scored_run(pointer, data)


def test_a_moved_threshold_recolours(tmp_path: Path) -> None:
    pointer, data = write_scored_toy(tmp_path)
    queries = read_scored_run(pointer, data).queries
    before, after = verdicts(queries, THRESHOLD), verdicts(queries, 100.0)
    assert (before, after) == ([ANOMALOUS, NORMAL], [NORMAL, NORMAL])
    assert changed(before, after) == [0] and changed(after, after) == []
    assert color_of(queries[0], THRESHOLD) == COLORS[ANOMALOUS] != color_of(queries[0], 100.0)
    assert color_of(queries[1], 100.0) == COLORS[NO_VERDICT], "it was not localised"
    assert summary(queries, THRESHOLD) == "1 of 2 queries anomalous: score above 5"
    entries = list_entries(queries, THRESHOLD)
    assert [rank_of(entry) for entry in entries] == [0, 1]
    assert entries[0].startswith("1 anomalous") and entries[0].endswith("Burrs/0.png")
