"""Two looks at a folder tell which photos are whole."""

from pathlib import Path

from pad_nerfstudio.watching.readiness import Sighting, State, photos_below, ready, sighted

A, B, C = Path("/in/2.png"), Path("/in/10.png"), Path("/in/sub/1.jpg")


def test_only_what_two_looks_see_unchanged_is_ready() -> None:
    first = sighted({}, {A: State(5, 1), B: State(5, 1), C: State(5, 1)}, clock=1.0)
    assert ready({}, first) == []
    second = sighted(first, {A: State(5, 1), B: State(6, 1), C: State(5, 2)}, clock=2.0)
    assert ready(first, second) == [A]
    assert second == {A: Sighting(State(5, 1), 1.0), B: Sighting(State(6, 1), 2.0), C: Sighting(State(5, 2), 2.0)}
    third = sighted(second, {A: State(5, 1), B: State(6, 1)}, clock=3.0)
    assert ready(second, third) == [A, B]
    assert third[B].since == 2.0


def test_a_photo_that_vanished_and_came_back_is_looked_at_anew() -> None:
    gone = sighted(sighted({}, {A: State(5, 1)}, 1.0), {}, 2.0)
    back = sighted(gone, {A: State(5, 1)}, 3.0)
    assert gone == {} and ready(gone, back) == [] and back[A].since == 3.0


def test_what_counts_as_a_photo(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.JPG", "sub/deep/c.webp", ".hidden.png", ".rsync/d.png", "notes.txt", "half.png.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1234")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone")
    found = photos_below(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in found} == {"a.png", "sub/b.JPG", "sub/deep/c.webp"}
    assert {state.size for state in found.values()} == {4}
    assert photos_below(tmp_path / "not mounted") == {}
