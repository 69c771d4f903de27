"""Copies of a class folder's good photos with defects and masks, picture by picture; what is there stays."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image
from rendering.random_stream import random_stream

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.json_files import read_json_object
from pad_nerfstudio.data.names import image_files, match_name
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_json, written_aside
from pasting.chips import add_chip
from pasting.foreign import Colors, add_foreign
from pasting.photo import Photo, color_change, read_photo
from pasting.stains import add_stain

RECORD = "pasted_defects.json"
"""Options, and for every picture what its defect is."""
KINDS = ("Stains", "Chips", "Foreign")
JUST_VISIBLE = 2.3
"""CIE76 colour difference that is just noticeable (Mahy et al. 1994): the mask is where the pictures differ by more."""
DRAWS = 200
"""Defects drawn for one picture before it is given up."""
PIECES = 8
"""Training photos of which foreign pieces may be."""


@dataclass(frozen=True)
class Wanted:
    """What counts as a defect; part of every picture's recipe."""

    sizes: tuple[float, float]
    """Least and greatest changed area, as a share of the object's visible area."""
    min_pixels: int
    """Least changed area in pixels."""
    min_contrast: float
    """Least mean CIE76 colour difference over the changed area."""
    seed: int
    """First part of every random stream."""
    background: tuple[float, float, float]
    """What is seen through transparency, RGB in [0, 1]."""


@dataclass(frozen=True, eq=False)
class Defective:
    """A defective copy."""

    pixels: np.ndarray
    """8-bit RGB or RGBA, as its photo."""
    mask: Bool[np.ndarray, "h w"]
    """Where it looks different from its photo."""
    record: dict[str, Any]
    """What the defect is, how large and how strong."""


@dataclass(frozen=True, eq=False)
class PasteJob:
    """A class folder, and which copies it is to get."""

    folder: Path
    """The class folder, absolute."""
    kinds: Sequence[str]
    """Of `KINDS`."""
    per_photo: int
    """Copies of each photo and kind."""
    wanted: Wanted
    """What counts as a defect."""
    object_masks: Path | None = None
    """Folder of images named as the photos that tell where the object is."""

    @cached_property
    def photos(self) -> list[Path]:
        """`test/good`, in natural order.

        Raises:
            UserError: there is none
        """
        found = image_files(self.folder / "test" / "good")
        if not found:
            raise UserError(
                f"{self.folder / 'test' / 'good'}: holds no photo; put good photos there, or make the folder by "
                "capture_to_mad.py --hold-out"
            )
        return found

    def copies(self) -> list[tuple[str, int, int]]:
        """Kind, number of the photo and number of its copy. Copy c of photo p of n is N = c * n + p, so that more
        copies a photo leave the others as they are."""
        count = len(self.photos)
        return [(kind, photo, copy) for kind in self.kinds for copy in range(self.per_photo) for photo in range(count)]

    def begin(self) -> dict[str, Any]:
        """What an earlier run recorded of its pictures, by their names.

        Raises:
            UserError: the folder holds other pictures, or defects made with other options
        """
        path, defects = self.folder / RECORD, {}
        if path.exists():
            found = read_json_object(path, "the record of pasted defects")
            defects = found.pop("defects", {})
            if found != self.recipe:
                raise UserError(
                    f"{path}: the defects there were made with other options ({found}); give those, or remove the file "
                    "and the pictures that it names"
                )
        for kind in self.kinds:
            for picture in image_files(self.folder / "test" / kind):
                if f"test/{kind}/{picture.name}" not in defects:
                    raise UserError(f"{picture}: another picture of that name; move the folder, or give other --kinds")
        return defects

    def make(self, kind: str, index: int, copy: int, known: dict[str, Any]) -> None:
        """Write one picture with its mask, unless it is there, and add it to `known`, which `begin` gave.

        Raises:
            UserError: the photo is broken, nothing tells where its object is, or no defect that shows can be drawn
        """
        photo = self.photos[index]
        name = f"test/{kind}/{copy * len(self.photos) + index}.png"
        if (self.folder / name).exists() and name in known:
            return
        made = self._draw(kind, photo, copy)
        stem = Path(name).stem
        _write_png(self.folder / "ground_truth" / kind / f"{stem}_mask.png", np.uint8(255) * made.mask)
        known[name] = {"photo": f"test/good/{photo.name}", **made.record}
        write_json(self.folder / RECORD, {**self.recipe, "defects": known})
        _write_png(self.folder / name, made.pixels)  # last: where it lies, its mask and record are complete

    def finish(self, known: dict[str, Any]) -> None:
        """In `true_poses.json`, where there is one, a defective copy has the pose of its photo."""
        path = self.folder / "true_poses.json"
        if not path.exists():
            return
        content = read_json_object(path, "true poses")
        frames = {frame["file_path"]: frame for frame in content["frames"]}
        for name, defect in known.items():
            if defect["photo"] in frames:
                frames[name] = {**frames[defect["photo"]], "file_path": name}
        write_json(path, {**content, "frames": list(frames.values())})

    @property
    def recipe(self) -> dict[str, Any]:
        """What decides the pictures, as it is recorded."""
        options = {**asdict(self.wanted), "object_masks": None if self.object_masks is None else str(self.object_masks)}
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
        return {**plain, "just_visible": JUST_VISIBLE}

    def _draw(self, kind: str, path: Path, copy: int) -> Defective:
        """A defect that is large and clear enough."""
        random = random_stream(self.wanted.seed, "paste_defects", kind, path.stem, copy)
        mask = None if self.object_masks is None else match_name(path.name, image_files(self.object_masks))
        if self.object_masks is not None and mask is None:
            raise UserError(f"{self.object_masks}: has no mask of {path.name}; add it, or leave --object-masks out")
        photo, transparent = read_photo(path, mask)
        others = _pieces(self.folder)
        for _ in range(DRAWS):
            made = defective(kind, photo, transparent, self.wanted, random, others)
            if made is not None:
                return made
        raise UserError(
            f"{path}: {DRAWS} defects of the kind {kind} were too small or too faint; lower --min-contrast or "
            "--min-pixels, or leave the kind out by --kinds"
        )


def defective(
    kind: str, photo: Photo, transparent: bool, wanted: Wanted, random: np.random.Generator, others: list[Colors]
) -> Defective | None:
    """One defect drawn, with its exact mask; None where it is not what is wanted.

    Args:
        kind: of `KINDS`
        photo: the good object
        transparent: whether the picture has transparency
        wanted: what counts as a defect
        random: decides everything
        others: further photos, for foreign pieces
    """
    seen = int(photo.on_object.sum())
    least, most = (share * seen for share in wanted.sizes)
    least = max(least, wanted.min_pixels)
    area = float(np.exp(random.uniform(np.log(least), np.log(max(most, least)))))
    if kind == "Foreign":
        made, record = add_foreign(photo, area, random, others)
    else:
        made, record = {"Stains": add_stain, "Chips": add_chip}[kind](photo, area, random)
    before, after = photo.pixels(transparent), made.pixels(transparent)
    change = color_change(before, after, wanted.background)
    mask = change > JUST_VISIBLE
    changed = int(mask.sum())
    if not least <= changed <= max(most, least) or change[mask].mean() < wanted.min_contrast:
        return None
    figures = {"pixels": changed, "share": round(changed / seen, 4), "contrast": round(float(change[mask].mean()), 1)}
    return Defective(after, mask, {**record, **figures})


@lru_cache(maxsize=1)
def _pieces(folder: Path) -> list[Colors]:
    """Some training photos, on white where they are transparent."""
    paths = image_files(folder / "train" / "good")
    chosen = paths[:: max(1, len(paths) // PIECES)][:PIECES]
    return [(read_image(path) / np.float32(255)).astype(np.float32) for path in chosen]


def _write_png(path: Path, pixels: np.ndarray) -> None:
    with written_aside(path) as aside:
        Image.fromarray(pixels).save(aside)
