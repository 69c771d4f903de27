import json
from pathlib import Path

import pytest

from pad_nerfstudio.data.scene_splits import SEEN, UNSEEN, published_part, read_split, scenes_of_part
from pad_nerfstudio.errors import UserError
from tests.scene_factory import make_scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/1", "a/2", "b/3"):
        make_scene(tmp_path / name, views=1, size=(8, 8), masks=False)
    return tmp_path


def write_split(folder: Path, content: object) -> Path:
    path = folder / "split.json"
    path.write_text(json.dumps(content))
    return path


def test_the_published_categories_are_disjoint_and_complete() -> None:
    assert (len(set(SEEN)), len(SEEN), len(set(UNSEEN)), len(UNSEEN)) == (38, 38, 12, 12)
    assert not set(SEEN) & set(UNSEEN)


@pytest.mark.parametrize(
    ("category", "part"),
    [("banana", "unseen"), ("apple", "seen"), ("ice_cream", "seen"), ("cup", "unseen"), ("cupcake", "seen")],
)
def test_the_paper_puts_a_category(category: str, part: str) -> None:
    assert published_part(category) == part


def test_the_paper_knows_no_bolts() -> None:
    assert published_part("bolt") is None


def test_a_split_names_its_scenes_in_its_own_order(folder: Path) -> None:
    split = write_split(folder, {"train": ["3", "1"], "test": ["2"], "later": []})
    assert read_split(split) == {"train": ("3", "1"), "test": ("2",), "later": ()}
    assert scenes_of_part(folder, split, "train") == [folder / "b" / "3", folder / "a" / "1"]
    assert scenes_of_part(folder, split, "later") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "it holds no JSON object; give a split"),
        ({"train": []}, "it has no part 'test'; add it"),
        ({"train": [], "test": "2"}, "'test' is no list of names of scene folders; correct it"),
        ({"train": ["1"], "test": ["1"]}, "'1' stands in 'train' and in 'test'; remove one"),
        ({"train": ["1", "1"], "test": []}, "'1' stands in 'train' and in 'train'; remove one"),
        ({"train": ["9"], "test": []}, "'9' is no scene under .*; correct the name"),
    ],
)
def test_mistakes_are_named(folder: Path, content: object, words: str) -> None:
    with pytest.raises(UserError, match=f"split.json: {words}"):
        scenes_of_part(folder, write_split(folder, content), "train")


def test_a_part_that_is_not_there_and_a_name_of_two_scenes(folder: Path) -> None:
    split = write_split(folder, {"train": ["1"], "test": []})
    with pytest.raises(UserError, match="it has no part 'val'; give one of train, test"):
        scenes_of_part(folder, split, "val")
    make_scene(folder / "b" / "1", views=1, size=(8, 8), masks=False)
    with pytest.raises(UserError, match="'1' is the name of several scenes"):
        scenes_of_part(folder, split, "train")
