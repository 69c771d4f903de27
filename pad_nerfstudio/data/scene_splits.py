"""Which scenes train and which test: the published division by category, and files of one's own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pad_nerfstudio.data.json_files import read_json_object
from pad_nerfstudio.data.scene_layout import scenes_under
from pad_nerfstudio.errors import UserError

SEEN = tuple(
    "dinosaur fish frog monkey light lizard orange boat dog lion pig cookie panda chicken ice horse car airplane cake "
    "shark donut hat cow apple bowl hamburger octopus giraffe chess bread butterfly cupcake bunny elephant fox deer "
    "bus bottle".split()
)
"""Categories of ToysAD-8K that train (Bhunia et al., table 3); the table has `orange` twice among its 39."""
UNSEEN = tuple("mug plate robot glass sheep shoe train banana cup key penguin hammer".split())
"""Categories of ToysAD-8K that are only tested (same table)."""


def published_part(category: str) -> Literal["seen", "unseen"] | None:
    """Where the paper puts a category of ToysAD-8K; None for one that it does not name.

    The table has first words where a shape's name has two: `ice` is `ice_cream`, `chess` is `chess_piece`.
    """
    word = category.split("_")[0].lower()
    return "seen" if word in SEEN else "unseen" if word in UNSEEN else None


def read_split(path: Path) -> dict[str, tuple[str, ...]]:
    """A split of one's own: `{"train": [...], "test": [...]}`, names of scene folders; more parts are welcome.

    Raises:
        UserError: it is no such file, or a name stands in two parts or twice in one
    """
    parts = read_json_object(path, 'a split: {"train": [...], "test": [...]}')
    for required in ("train", "test"):
        if required not in parts:
            raise UserError(f"{path}: it has no part '{required}'; add it, if need be as an empty list")
    seen: dict[str, str] = {}
    for part, names in parts.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"{path}: '{part}' is no list of names of scene folders; correct it")
        for name in names:
            if name in seen:
                raise UserError(f"{path}: '{name}' stands in '{seen[name]}' and in '{part}'; remove one of them")
            seen[name] = part
    return {part: tuple(names) for part, names in parts.items()}


def scenes_of_part(root: Path, split: Path, part: str) -> list[Path]:
    """The scene folders under `root` that a split file puts into `part`, in the order of the file.

    Raises:
        UserError: there is no such part, a scene is missing, or two folders have its name
    """
    parts = read_split(split)
    if part not in parts:
        raise UserError(f"{split}: it has no part '{part}'; give one of {', '.join(parts)}")
    return _named(scenes_under(root), parts[part], split, root)


def _named(scenes: Iterable[Path], names: tuple[str, ...], split: Path, root: Path) -> list[Path]:
    by_name: dict[str, list[Path]] = {}
    for scene in scenes:
        by_name.setdefault(scene.name, []).append(scene)
    for name in names:
        if len(by_name.get(name, [])) != 1:
            fault = "is no scene" if name not in by_name else "is the name of several scenes"
            raise UserError(f"{split}: '{name}' {fault} under {root}; correct the name or give another folder")
    return [by_name[name][0] for name in names]
