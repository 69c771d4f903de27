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

    Images that Nerfstudio would read wrongly (turned by EXIF, palettes, 16 bits) become plain PNG files; transparency
    is kept, as Nerfstudio knows it.

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
        for view in track(mad_class.training_views, "training views"):
            if decodes_plainly(view.path):
                name = f"images/{view.path.name}"
                place(view.path, aside / name, copy)
            else:
                name = f"images/{view.path.stem}.png"
                (aside / "images").mkdir(exist_ok=True)
                Image.fromarray(read_pixels(view.path).squeeze()).save(aside / name)
            frames.append({"file_path": name, "transform_matrix": view.camera_to_world.tolist()})
        distortion = dict.fromkeys(("k1", "k2", "p1", "p2"), 0.0)
        write_json(
            aside / "transforms.json",
            {"camera_model": "OPENCV", **mad_class.camera.as_dict(), **distortion, "frames": frames},
        )
