from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pad_nerfstudio.data.names import canonical_stem, image_files, match_name, natural_key
from pad_nerfstudio.errors import UserError


def test_natural_order_counts() -> None:
    names = ["10.png", "2.png", "1.png", "a10", "a9", "B1"]
    assert sorted(names, key=natural_key) == ["1.png", "2.png", "10.png", "a9", "a10", "B1"]


@given(st.lists(st.text(max_size=6)))
def test_any_names_can_be_sorted_and_the_order_does_not_depend_on_the_start(names: list[str]) -> None:
    assert sorted(names, key=natural_key) == sorted(reversed(names), key=natural_key)


@given(st.integers(0, 9999), st.integers(0, 8), st.integers(0, 8))
def test_padding_does_not_change_the_canonical_stem(number: int, some: int, more: int) -> None:
    assert canonical_stem(f"r_{number:0{some}d}") == canonical_stem(f"r_{number:0{more}d}")


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_different_numbers_have_different_canonical_stems(a: int, b: int) -> None:
    assert (canonical_stem(f"{a:03d}") == canonical_stem(str(b))) == (a == b)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0.png", "0.png"),
        ("000.png", "000.png"),
        ("000", "000.png"),
        ("1.png", "001.png"),
        ("0001", "001.png"),
        ("2.png", "002.JPG"),
        ("3.5", "3.5.png"),
        ("4", None),
        ("", None),
    ],
)
def test_the_closest_spelling_wins(name: str, found: str | None) -> None:
    files = [Path("f") / n for n in ("0.png", "000.png", "001.png", "002.JPG", "3.5.png")]
    match = match_name(name, files)
    assert (match and match.name) == found


def test_two_equally_close_spellings_are_named() -> None:
    with pytest.raises(UserError, match=r"'00.png' may mean 0.png or 000.png; remove or rename one"):
        match_name("00.png", [Path("f/0.png"), Path("f/000.png")])


def test_only_visible_images_are_listed(tmp_path: Path) -> None:
    for name in ("10.png", "9.JPG", "._9.png", "Thumbs.db"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in image_files(tmp_path)] == ["9.JPG", "10.png"]
    assert image_files(tmp_path / "missing") == []
