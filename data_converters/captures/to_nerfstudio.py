"""A MAD class folder becomes what Nerfstudio's own dataparser reads."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from captures.placing import new_folder, place
from pad_nerfstudio.data.images import decodes_plainly, read_pixels
from pad_nerfstudio.data.mad_layout import MadClass
from pad_nerfstudio.files import write_json


def to_nerfstudio(
    mad_class: MadClass,
    folder: Path,
    copy: bool = False,
    track: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
) -> None:
    """Write `images/` with the training views and a `transforms.json` with their poses and one pinhole camera.

    Nerfstudio sorts names as text, so numbers are padded; their order is that of the class folder. Images that it would
    read wrongly (turned by EXIF, palettes, 16 bits) become plain PNG files; transparency is kept, as Nerfstudio
    knows it.

    Args:
        mad_class: the class folder
        folder: where to; absolute, empty or not there
        copy: copy images instead of linking them
        track: shows a progress bar

    Raises:
        UserError: the folder is not empty, or an image is broken
    """
    frames = []
    with new_folder(folder) as aside:
        (aside / "images").mkdir()
        for index, view in enumerate(track(mad_class.training_views, "training views")):
            plain = decodes_plainly(view.path)
            name = f"images/frame_{index:05d}{view.path.suffix if plain else '.png'}"
            if plain:
                place(view.path, aside / name, copy)
            else:
                Image.fromarray(read_pixels(view.path).squeeze()).save(aside / name)
            frames.append({"file_path": name, "transform_matrix": view.camera_to_world.tolist()})
        distortion = dict.fromkeys(("k1", "k2", "p1", "p2"), 0.0)
        write_json(
            aside / "transforms.json",
            {"camera_model": "OPENCV", **mad_class.camera.as_dict(), **distortion, "frames": frames},
        )
