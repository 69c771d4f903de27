"""A judged scene survives a file, and nothing broken or of other settings is believed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene, Matches
from pad_nerfstudio.odd_one_out.judged_scene_file import read_judged_scene, write_judged_scene


@pytest.fixture
def judged() -> JudgedScene:
    random = np.random.default_rng(0)
    objects = (
        JudgedObject(random.random((2, 3)), 1.5, True, random.random((7, 3))),
        JudgedObject(random.random((2, 3)), None, None, np.zeros((0, 3))),
    )
    matches = (Matches((0, 1), random.random((2, 5, 3))),)
    features = random.integers(0, 255, (4, 6, 3), dtype=np.uint8)
    return JudgedScene("tray 1", (0, 5, 10), objects, ("one note", "another"), 1.25, matches, features)


def test_what_is_read_is_what_was_written(judged: JudgedScene, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "record.npz"
    write_judged_scene(path, judged, "abc")
    read = read_judged_scene(path, "abc")
    assert read is not None and list(path.parent.iterdir()) == [path]
    assert (read.name, read.views, read.notes, read.seconds) == ("tray 1", (0, 5, 10), ("one note", "another"), 1.25)
    for mine, theirs in zip(read.objects, judged.objects, strict=True):
        assert (mine.score, mine.is_anomalous) == (theirs.score, theirs.is_anomalous)
        np.testing.assert_array_equal(mine.bounds, theirs.bounds)
        np.testing.assert_array_equal(mine.part, theirs.part)
    assert read.matches[0].objects == (0, 1)
    np.testing.assert_array_equal(read.matches[0].points, judged.matches[0].points)
    np.testing.assert_array_equal(read.features, judged.features)


def test_a_scene_without_anything_survives_too(judged: JudgedScene, tmp_path: Path) -> None:
    path = tmp_path / "record.npz"
    write_judged_scene(path, replace(judged, objects=(), matches=(), features=None), "abc")
    read = read_judged_scene(path, "abc")
    assert read is not None and read.objects == () and read.matches == () and read.features is None


def test_other_settings_and_broken_files_are_not_believed(judged: JudgedScene, tmp_path: Path) -> None:
    path = tmp_path / "record.npz"
    assert read_judged_scene(path, "abc") is None
    write_judged_scene(path, judged, "abc")
    assert read_judged_scene(path, "abd") is None
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"no archive"):
        path.write_bytes(broken)
        assert read_judged_scene(path, "abc") is None
