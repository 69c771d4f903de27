"""Which scenes under a folder train and which are held out."""

from pathlib import Path

from pad_nerfstudio.data.scene_layout import read_scene, scenes_under
from pad_nerfstudio.data.scene_splits import published_part, read_split, scenes_of_part
from pad_nerfstudio.errors import UserError

HELD_OUT = ("val", "test")
"""Parts of a split that training looks at without learning from them; the first that there is."""


def chosen_scenes(root: Path | None, split: Path | None) -> tuple[list[Path], list[Path]]:
    """Scene folders to train on and to hold out.

    Args:
        root: the folder of scenes
        split: see `read_split`; where not given, the published division by category of ToysAD-8K

    Raises:
        UserError: there is no scene, or none to train on
    """
    if root is None:
        raise UserError("--data: no folder of scenes given; name one")
    if split is not None:
        parts = read_split(split)
        held_out = next((part for part in HELD_OUT if parts.get(part)), None)
        train = scenes_of_part(root, split, "train")
        if not train:
            raise UserError(f"{split}: its part 'train' is empty; name scenes to train on")
        return train, scenes_of_part(root, split, held_out) if held_out else []
    by_part: dict[str | None, list[Path]] = {}
    for folder in scenes_under(root):
        category = read_scene(folder).category
        by_part.setdefault(published_part(category) if category else None, []).append(folder)
    if not by_part.get("seen"):
        raise UserError(
            f"{root}: no scene is of a category that trains in ToysAD-8K; say which scenes train with "
            "--pipeline.datamanager.split FILE"
        )
    return by_part["seen"], by_part.get("unseen", [])
