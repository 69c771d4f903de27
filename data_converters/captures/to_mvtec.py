"""A MAD class folder becomes the layout of MVTec AD, as anomalib's Folder datamodule reads it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from captures.placing import new_folder, place
from pad_nerfstudio.data.images import decodes_plainly, read_image, read_mask
from pad_nerfstudio.data.mad_layout import MadClass, Query
from pad_nerfstudio.errors import UserError

Track = Callable[[Iterable[Any], str], Iterable[Any]]


def to_mvtec(
    mad_class: MadClass,
    folder: Path,
    copy: bool = False,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
    track: Track = lambda items, _: items,
) -> None:
    """Write `train/good`, `test/KIND` and, for all kinds but `good`, `ground_truth/KIND/N_mask.png` (0 or 255).

    anomalib pairs images and masks by their place in the order of names, in which `10_mask.png` comes before
    `1_mask.png` but `1.png` before `10.png`: so numbers are padded, `000.png`. It also drops transparency and shows
    what is under it: transparent images are composited, and images that it would misread (EXIF orientation, 16 bits)
    are written anew. All others are linked or copied.

    Args:
        mad_class: the class folder, with its queries
        folder: where to; absolute, empty or not there
        copy: copy images instead of linking them
        background: RGB in [0, 1] under transparent pixels
        track: shows a progress bar

    Raises:
        UserError: the folder is not empty, an image is broken, or only some images of a kind have masks
    """
    kinds = sorted({query.kind for query in mad_class.queries})
    groups = {kind: [query for query in mad_class.queries if query.kind == kind] for kind in kinds}
    for kind in kinds:
        check_masks(kind, groups[kind])
    with new_folder(folder) as aside:
        images = dict(_numbered(aside / "train" / "good", [view.path for view in mad_class.training_views]))
        for kind in kinds:
            images.update(_numbered(aside / "test" / kind, [query.path for query in groups[kind]]))
        targets = {source: target for target, source in images.items()}
        for target, source in track(list(images.items()), "images"):
            _place_image(source, target, copy, background)
        for query in mad_class.queries:
            if query.mask_path is not None and query.kind != "good":
                mask = np.where(read_mask(query.mask_path, query.size), np.uint8(255), np.uint8(0))
                path = aside / "ground_truth" / query.kind / f"{targets[query.path].stem}_mask.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(mask).save(path)


def check_masks(kind: str, queries: Sequence[Query]) -> None:
    """Raise a UserError where some images of a kind of defect have a mask and others have none."""
    missing = [query for query in queries if query.mask_path is None]
    if kind != "good" and 0 < len(missing) < len(queries):
        raise UserError(
            f"{missing[0].path}: has no mask, while {len(queries) - len(missing)} of {len(queries)} images of its kind "
            "have one, and anomalib wants all or none; add the mask or remove the image"
        )


def _numbered(folder: Path, sources: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Pairs of target and source; the names of targets sort as their numbers do."""
    digits = max(3, len(str(len(sources) - 1)))
    names = [f"{i:0{digits}d}{s.suffix if _can_stay(s) else '.png'}" for i, s in enumerate(sources)]
    return [(folder / name, source) for name, source in zip(names, sources, strict=True)]


def _can_stay(path: Path) -> bool:
    """Whether a reader that drops transparency and knows nothing of EXIF sees what this project sees."""
    if not decodes_plainly(path):
        return False
    with Image.open(path) as image:
        return image.mode in ("L", "RGB")


def _place_image(source: Path, target: Path, copy: bool, background: tuple[float, float, float]) -> None:
    if _can_stay(source):
        place(source, target, copy)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(read_image(source, background)).save(target)


def anomalib_call(mad_class: MadClass, folder: Path) -> str:
    """The line of Python by which anomalib reads the folder that `to_mvtec` made."""
    kinds = sorted({query.kind for query in mad_class.queries} - {"good"})
    arguments = [f"name={mad_class.root.name!r}", f"root={str(folder)!r}", "normal_dir='train/good'"]
    if any(query.kind == "good" for query in mad_class.queries):
        arguments.append("normal_test_dir='test/good'")
    if kinds:
        arguments.append(f"abnormal_dir={[f'test/{kind}' for kind in kinds]!r}")
    if kinds and all((folder / "ground_truth" / kind).is_dir() for kind in kinds):
        arguments.append(f"mask_dir={[f'ground_truth/{kind}' for kind in kinds]!r}")
    return f"anomalib.data.Folder({', '.join(arguments)})"
