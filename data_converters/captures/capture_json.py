"""A Nerfstudio `transforms.json` of any tool: for each photo its lens, pose and mask, checked number by number."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from captures.lens import Lens
from captures.photo import photo_size
from pad_nerfstudio.data.images import check_mask_size, stored_size
from pad_nerfstudio.data.json_files import as_numbers, read_json_object
from pad_nerfstudio.data.names import image_files, match_name, natural_key
from pad_nerfstudio.data.transforms_json import check_rigid
from pad_nerfstudio.errors import BadImageError, UserError

PERSPECTIVE = ("SIMPLE_PINHOLE", "PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
FISHEYE = ("SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE", "OPENCV_FISHEYE")
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")
"""In the order of `distortion_params`, as Nerfstudio has it."""


@dataclass(frozen=True, eq=False)
class CapturedPhoto:
    """One frame of a capture."""

    path: Path
    """The photo."""
    mask: Path | None
    """Its mask, as large as the photo: what is not black is kept."""
    lens: Lens
    """At the photo's own size."""
    upright: bool
    """Whether the lens is that of the photo turned by its EXIF orientation, instead of the photo as it is stored."""
    camera_to_world: Float[np.ndarray, "4 4"]
    """Rigid, float64, OpenGL axes (x right, y up, z back), in the world frame of the file."""


def read_capture(data: Path) -> tuple[Path, list[CapturedPhoto]]:
    """Read and check a capture; photos and masks are looked at for their size only.

    A number may stand in the frame or, for all frames, beside them. Where `w` and `h` are those of the photo as stored,
    its EXIF orientation is ignored, as Nerfstudio does; where only the turned photo fits, it is turned; where the photo
    is a resized copy, the intrinsics are resized with it. `applied_transform` tells of how the poses came about and
    changes nothing.

    Args:
        data: a `transforms.json`, or the folder that holds it

    Returns:
        The file, and its photos in natural order of their paths.

    Raises:
        UserError: one sentence that names the file at fault and the remedy
    """
    path = data.expanduser().absolute()
    if path.is_dir():
        path = path / "transforms.json"
    content = read_json_object(path, "the transforms.json of a capture")
    frames = content.get("frames")
    if not isinstance(frames, list) or not frames:
        raise UserError(f"{path}: it has no list of 'frames'; give the transforms.json of a capture")
    photos = [_read_frame(path, index, content, frame) for index, frame in enumerate(frames)]
    return path, sorted(photos, key=lambda photo: natural_key(photo.path.as_posix()))


def _read_frame(path: Path, index: int, content: dict[str, Any], frame: Any) -> CapturedPhoto:
    for key in ("file_path", "transform_matrix"):
        if not isinstance(frame, dict) or frame.get(key) is None:
            raise UserError(f"{path}: frame {index} lacks the key '{key}'; add it or remove the frame")
    photo = _find(path, index, frame["file_path"], "replace the photo or remove the frame")
    mask = frame.get("mask_path")
    if mask is not None:
        mask = _find(path, index, mask, "restore the mask, or leave masks out by --masks none")
    numbers = _Numbers(path, index, {**content, **frame})
    lens, upright = _at_photo(numbers, photo)
    if mask is not None:
        check_mask_size(mask, _upright_size(mask), (lens.w, lens.h))
    return CapturedPhoto(photo, mask, lens, upright, _pose(path, index, frame))


def _pose(path: Path, index: int, frame: dict[str, Any]) -> Float[np.ndarray, "4 4"]:
    matrix = as_numbers(frame["transform_matrix"])
    if matrix.shape == (3, 4):
        matrix = np.vstack([matrix, (0.0, 0.0, 0.0, 1.0)])
    complaint = check_rigid(matrix) if matrix.ndim == 2 else "is no 4x4 matrix"
    if complaint:
        raise UserError(
            f"{path}: the transform_matrix of frame {index} ({frame['file_path']}) {complaint}; give a camera-to-world "
            "pose of rotation and translation only, or remove the frame"
        )
    return matrix


def _find(path: Path, index: int, given: Any, remedy: str) -> Path:
    """The file that a path in a frame means; it may lack its suffix."""
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise UserError(f"{path}: frame {index} holds a path that is none ({given!r}); correct it")
    file = path.parent / given.strip().replace("\\", "/")
    if file.is_file():
        return file
    found = match_name(file.name, image_files(file.parent))
    if found is None:
        raise UserError(f"{path}: frame {index} names {given}, but {file} does not exist; {remedy}")
    return found


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a frame, those for all frames included."""

    path: Path
    index: int
    content: dict[str, Any]

    def get(self, name: str, default: float | None = None, positive: bool = False) -> float | None:
        value = self.content.get(name)
        return default if value is None else self._checked(name, value, positive)

    def distortion(self) -> list[float]:
        listed = self.content.get("distortion_params")
        if listed is None:
            return [self._checked(name, self.content.get(name) or 0.0) for name in DISTORTION]
        if not isinstance(listed, list) or len(listed) != len(DISTORTION):
            self._refuse("distortion_params", listed)
        return [self._checked("distortion_params", value) for value in listed]

    def _checked(self, name: str, value: Any, positive: bool = False) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self._refuse(name, value)
        if positive and value <= 0:
            self._refuse(name, value)
        return float(value)

    def _refuse(self, name: str, value: Any) -> NoReturn:
        raise UserError(
            f"{self.path}: '{name}' of frame {self.index} is {value!r}, which describes no camera; correct it"
        )


def _at_photo(numbers: _Numbers, photo: Path) -> tuple[Lens, bool]:
    """The lens at the size of the photo, and whether it is that of the upright photo."""
    stored, swapped = photo_size(photo)
    w, h = numbers.get("w", stored[0], positive=True), numbers.get("h", stored[1], positive=True)
    assert w is not None and h is not None
    lens = _stated_lens(numbers, int(w), int(h))
    sizes = [(stored, False)] + ([((stored[1], stored[0]), True)] if swapped else [])
    for size, upright in sizes:
        if abs(size[0] * lens.h - size[1] * lens.w) <= max(lens.w, lens.h):
            return (lens if size == (lens.w, lens.h) else lens.resized(*size)), upright
    raise UserError(
        f"{photo}: {stored[0]}x{stored[1]} pixels, but {numbers.path} says {lens.w}x{lens.h} for frame {numbers.index}"
        ", other proportions; correct w and h, or give the photo that belongs to them"
    )


def _upright_size(mask: Path) -> tuple[int, int]:
    """Width and height of a mask as `read_mask` gives it."""
    try:
        (w, h), swapped = stored_size(mask)
    except BadImageError as error:
        raise UserError(f"{error.fault}; replace it, or leave masks out by --masks none") from error
    return (h, w) if swapped else (w, h)


def _stated_lens(numbers: _Numbers, w: int, h: int) -> Lens:
    model = numbers.content.get("camera_model") or "OPENCV"
    if model not in (*PERSPECTIVE, *FISHEYE):
        raise UserError(
            f"{numbers.path}: the camera_model '{model}' of frame {numbers.index} is not known; "
            f"give one of {', '.join((*PERSPECTIVE, *FISHEYE))}"
        )
    focal = numbers.get("fl_x", positive=True)
    angle = numbers.get("camera_angle_x", positive=True)
    if focal is None and (angle is None or angle >= math.pi):
        raise UserError(
            f"{numbers.path}: frame {numbers.index} has no intrinsics, neither of its own nor for all frames; add "
            "fl_x, fl_y, cx, cy, w, h in pixels, or camera_angle_x in radians"
        )
    if focal is None:
        focal = 0.5 * w / math.tan(0.5 * (angle or 0))
    fl_y = numbers.get("fl_y", focal, positive=True) or focal
    cx, cy = numbers.get("cx", w / 2), numbers.get("cy", h / 2)
    assert cx is not None and cy is not None
    k1, k2, k3, k4, p1, p2 = numbers.distortion()
    return Lens(focal, fl_y, cx, cy, w, h, (k1, k2, k3, k4), (p1, p2), fisheye=model in FISHEYE)
