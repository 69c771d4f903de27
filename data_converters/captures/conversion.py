"""A capture becomes a MAD class folder, picture by picture; what an interrupted run has finished is kept."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from captures.capture_json import CapturedPhoto
from captures.hold_out import held_out_names, true_poses
from captures.lens import Lens
from captures.photo import read_photo
from captures.undistort import undistort
from pad_nerfstudio.data.images import read_mask
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import BadImageError, UserError
from pad_nerfstudio.files import write_json, written_aside

RECORD = "capture.json"
"""What the pictures were made of and how; written first, so that another run knows whether to go on."""


@dataclass(frozen=True)
class Picture:
    """A picture of the class folder, and what it is made of."""

    file_path: str
    """Relative to the class folder: `train/good/0.png`."""
    photo: Path
    """The photo."""
    upright: bool
    """Whether the photo is turned by its EXIF orientation first."""
    lens: Lens | None = None
    """What the photo was taken through; None leaves its pixels where they are."""
    mask: Path | None = None
    """What of the photo is kept, as large as it; the rest becomes transparent."""


@dataclass(frozen=True, eq=False)
class Conversion:
    """A class folder to be made of pictures in one common camera."""

    source: Path
    """The `transforms.json` of the capture."""
    folder: Path
    """The class folder, absolute."""
    camera: Pinhole
    """What every training view will have been taken with."""
    photos: Sequence[CapturedPhoto]
    """The training views."""
    masks: Literal["alpha", "none"]
    """Whether masks become transparency."""
    queries: Sequence[Picture] = ()
    """Pictures of `test`."""
    held_out: Sequence[CapturedPhoto] = ()
    """Further photos of the capture, which become pictures of `test/good` with known poses."""
    held_out_masks: Literal["alpha", "none"] = "alpha"
    """Whether their masks become transparency."""

    @cached_property
    def pictures(self) -> list[Picture]:
        """All pictures: the training views in order, those held out, the queries."""
        views = _captured(self.view_names, self.photos, self.masks == "alpha")
        held_out = _captured(held_out_names(len(self.held_out)), self.held_out, self.held_out_masks == "alpha")
        return [*views, *held_out, *self.queries]

    @property
    def view_names(self) -> list[str]:
        """`train/good/N.png`, N from 0."""
        return [f"train/good/{index}.png" for index in range(len(self.photos))]

    def begin(self) -> None:
        """Record what is to be done.

        Raises:
            UserError: the folder holds something other than an unfinished run of the very same conversion
        """
        path = self.folder / RECORD
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"{self.folder}: a file, not a folder; give another --output-dir")
        if path.exists():
            if _read(path) != self.record:
                raise UserError(f"{self.folder}: holds another conversion ({RECORD}); give another --output-dir")
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise UserError(f"{self.folder}: not empty; give an empty or new --output-dir")
        write_json(path, self.record)

    def make(self, picture: Picture) -> None:
        """Write a picture unless it is there and newer than what it is made of."""
        target = self.folder / picture.file_path
        sources = [file for file in (picture.photo, picture.mask) if file is not None]
        if target.exists() and target.stat().st_mtime_ns >= max(file.stat().st_mtime_ns for file in sources):
            return
        pixels, coverage = converted(picture, self.camera)
        if coverage is not None and picture.file_path.startswith("train/"):
            _save(coverage, self.folder / "train" / "seen" / target.name)
        _save(pixels, target)

    def finish(self) -> None:
        """Write `transforms.json`, without which a folder is no class folder, last."""
        camera = self.camera
        if self.held_out:
            write_json(self.folder / "true_poses.json", true_poses(camera, self.held_out))
        write_json(
            self.folder / "transforms.json",
            {
                "camera_angle_x": 2 * math.atan(0.5 * camera.w / camera.fl_x),
                **camera.as_dict(),
                "frames": [
                    {"file_path": name, "transform_matrix": photo.camera_to_world.tolist()}
                    for name, photo in zip(self.view_names, self.photos, strict=True)
                ],
            },
        )

    @property
    def record(self) -> dict[str, Any]:
        """Everything that decides what the pictures look like; also which photo became which picture."""
        return {
            "source": str(self.source),
            "masks": self.masks,
            "camera": self.camera.as_dict(),
            "pictures": [
                {
                    "file_path": picture.file_path,
                    "photo": str(picture.photo),
                    "mask": None if picture.mask is None else str(picture.mask),
                    "upright": picture.upright,
                    "lens": None if picture.lens is None else _plain(picture.lens),
                }
                for picture in self.pictures
            ],
        }


def converted(picture: Picture, camera: Pinhole) -> tuple[UInt8[np.ndarray, "h w c"], UInt8[np.ndarray, "h w"] | None]:
    """The pixels of a picture, RGB, or RGBA where a part of it is transparent; and how much of each the photo shows.

    The colours under a mask are kept; beyond the edge of the photo they are 0. The latter is None where the photo shows
    all of it.

    Raises:
        UserError: the photo or its mask is broken
    """
    rgb, opacity = read_photo(picture.photo, picture.upright)
    shown = None
    if picture.mask is not None:
        kept = np.where(_mask(picture.mask, (rgb.shape[1], rgb.shape[0])), np.uint8(255), np.uint8(0))
        opacity = kept if opacity is None else np.minimum(opacity, kept)
    if picture.lens is not None:
        layers = rgb if opacity is None else np.dstack([rgb, opacity])
        layers, coverage = undistort(layers, picture.lens, camera)
        rgb = layers[..., :3]
        opacity = coverage if opacity is None else np.minimum(layers[..., 3], coverage)
        shown = coverage if coverage.min() < 255 else None
    pixels = rgb if opacity is None or opacity.min() == 255 else np.dstack([rgb, opacity])
    return np.ascontiguousarray(pixels), shown


def _save(pixels: UInt8[np.ndarray, "h w *c"], target: Path) -> None:
    with written_aside(target) as aside:
        Image.fromarray(pixels).save(aside)


def _mask(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    try:
        return read_mask(path, size)
    except BadImageError as error:
        raise UserError(f"{error.fault}; replace it, or leave masks out by --masks none") from error


def _captured(names: Sequence[str], photos: Sequence[CapturedPhoto], masks: bool) -> list[Picture]:
    return [
        Picture(name, photo.path, photo.upright, photo.lens, photo.mask if masks else None)
        for name, photo in zip(names, photos, strict=True)
    ]


def _plain(lens: Lens) -> dict[str, Any]:
    names = ("fl_x", "fl_y", "cx", "cy", "w", "h", "fisheye")
    return {**{name: getattr(lens, name) for name in names}, "distortion": [*lens.radial, *lens.tangential]}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
