"""What the metadata of a scene say of one object: its box, whether it is anomalous, what it is."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.json_files import as_numbers
from pad_nerfstudio.data.object_box import ObjectBox
from pad_nerfstudio.data.transforms_json import check_rigid
from pad_nerfstudio.errors import UserError

MASK_ABOVE = 63
"""Of 255: masks of the published scenes have 205 to 255 on the object and 0 or 1 beside it."""


@dataclass(frozen=True, eq=False)
class SceneObject:
    """One instance in a scene."""

    name: str
    """Unique in its scene; the folder of its masks."""
    box: ObjectBox | None
    """Where it is, if the metadata tell."""
    bounds: Float[np.ndarray, "2 3"] | None
    """Its least and greatest coordinates in the world; those of `box` where the metadata have none of their own."""
    label: int | None
    """1 for an anomalous instance, 0 for a normal one, None where the metadata do not tell."""
    kind: str | None
    """The kind of anomaly (`crack`), `good` for a normal instance, None where the metadata do not tell."""
    instance: str | None
    """The shape that all normal instances of a scene share: `banana_028`."""
    category: str | None
    """What kind of thing it is: `banana`."""
    mask_paths: tuple[Path | None, ...]
    """For each view the mask of this object's visible pixels, where there is one."""


def read_scene_object(source: Path, index: int, content: Any) -> SceneObject:
    """One entry of `objects` in `scene3d.metadata.json`, its masks left out.

    Args:
        source: that file, for what is said of mistakes
        index: the entry's number
        content: the entry

    Raises:
        UserError: there is no name, or the box or pose is none
    """
    name = content.get("name") if isinstance(content, dict) else None
    if not isinstance(name, str) or name in ("", ".", "..") or any(c in name for c in "/\\\0"):
        raise UserError(
            f"{source}: object {index} has no 'name' that a folder can have; correct it or remove the object"
        )
    path = content.get("path")
    label, kind, instance = what_the_path_tells(path) if isinstance(path, str) and path.strip() else (None,) * 3
    category = category_of(instance) if instance else None
    box = _read_box(source, content)
    return SceneObject(name, box, _read_bounds(source, content, box), label, kind, instance, category, mask_paths=())


def what_the_path_tells(path: str) -> tuple[int, str, str]:
    """Label, kind and instance from the file an object was loaded from.

    Shapes with an anomaly are named `INSTANCE-KIND-NUMBER.blend`, normal ones `INSTANCE.blend`. (The `anomaly_labels`
    of `scene2d.metadata.json` are 0 for the anomalous instance of the published sample, so they are not read.)
    """
    instance, *rest = PurePosixPath(path.replace("\\", "/")).name.removesuffix(".blend").split("-")
    return (1, rest[0], instance) if rest else (0, "good", instance)


def category_of(instance: str) -> str:
    """What stands before the number of an instance: `banana` of `banana_028`; all of it where there is no number."""
    return re.sub(r"_\d+$", "", instance)


def read_object_mask(path: Path, size: tuple[int, int] | None = None) -> Bool[np.ndarray, "h w"]:
    """Pixels that show an object; none where it is hidden.

    Args:
        path: the mask image
        size: width and height to resize to

    Raises:
        UserError: the mask is missing or broken
    """
    return read_image(path, background=(0.0, 0.0, 0.0), size=size).max(axis=2) > MASK_ABOVE


def _read_box(source: Path, content: dict[str, Any]) -> ObjectBox | None:
    """The box of an object: `bbox` = [centre, size], sizes along the axes of `rotation_matrix`.

    Projected against masks and depths of the published sample: sizes are extents in the object's frame, scale
    included, to a millimetre; the centre is the object's origin, which lay up to 5 cm of 33 from the middle.
    """
    if content.get("bbox") is None:
        return None
    bbox = as_numbers(content["bbox"])
    if bbox.shape != (2, 3) or not np.isfinite(bbox).all() or not (bbox[1] >= 0).all():
        raise UserError(
            f"{source}: the bbox of object '{content['name']}' is no [centre, size] of 3 numbers; correct it"
        )
    pose = as_numbers(content.get("rotation_matrix", np.eye(4)))
    if pose.shape == (4, 4):
        lengths = np.linalg.norm(pose[:3, :3], axis=0)
        pose[:3, :3] /= np.where(lengths > 0, lengths, 1.0)  # the matrix includes the object's scale, as the size does
    complaint = check_rigid(pose) if pose.ndim == 2 else "is no 4x4 matrix"
    if complaint:
        raise UserError(
            f"{source}: the rotation_matrix of object '{content['name']}' {complaint}; give an object-to-world pose"
        )
    return ObjectBox(bbox[0], bbox[1], pose[:3, :3])


def _read_bounds(source: Path, content: dict[str, Any], box: ObjectBox | None) -> Float[np.ndarray, "2 3"] | None:
    """`bounds` = [least, greatest] coordinates, which `render_scenes.py` writes; else what holds the box."""
    if content.get("bounds") is None:
        return None if box is None else box.axis_aligned()
    bounds = as_numbers(content["bounds"])
    if bounds.shape != (2, 3) or not np.isfinite(bounds).all() or not (bounds[0] <= bounds[1]).all():
        raise UserError(
            f"{source}: the bounds of object '{content['name']}' are no [least, greatest] of 3 numbers; correct them "
            "or remove them"
        )
    return bounds
