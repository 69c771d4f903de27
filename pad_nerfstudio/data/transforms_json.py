"""`transforms.json`: the intrinsics and poses of the training views, checked number by number."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.json_files import as_numbers, read_json_object
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError

INTRINSICS = ("camera_angle_x", "fl_x", "fl_y", "cx", "cy", "w", "h")
FOCAL_LENGTHS = {"camera_angle_x", "fl_x", "fl_y"}
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")
RIGID_TOLERANCE = 1e-3
"""Largest deviation of R^T R from the identity: float32 and six printed digits pass, scaled or sheared ones do not."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One entry of `frames`, its file_path as it stands in the file."""

    file_path: str
    """Not yet resolved: may be padded otherwise than on disk, start with `./`, or lack its suffix."""
    camera_to_world: Float[np.ndarray, "4 4"]
    """Rigid, float64, OpenGL axes (x right, y up, z back), world units."""
    intrinsics: dict[str, float] = field(default_factory=dict)
    """Those that the frame gives for itself; see `Transforms.intrinsics`."""
    mask_path: str | None = None
    """Where the mask of the object lies, not yet resolved."""


@dataclass(frozen=True, eq=False)
class Transforms:
    """The content of a `transforms.json`."""

    path: Path
    """The file it was read from."""
    intrinsics: dict[str, float]
    """Those of camera_angle_x (radians), fl_x, fl_y, cx, cy, w, h (pixels) that the file gives."""
    frames: tuple[Frame, ...]
    """In the order of the file."""
    distorted: bool
    """Whether the file gives lens distortion, which a pinhole camera cannot follow."""

    def camera(self, w: int, h: int, frame: Frame | None = None) -> Pinhole:
        """The intrinsics for images of `w` x `h` pixels; fl_x and its kin win over camera_angle_x.

        Where the file states a size (w, h), its pixels are rescaled to the images'. What a `frame` says of itself wins
        over what the file says of all.

        Raises:
            UserError: the stated size has other proportions than the images
        """
        given = own_intrinsics(self.intrinsics, {} if frame is None else frame.intrinsics)
        stated_w, stated_h = int(given.get("w", w)), int(given.get("h", h))
        if "fl_x" in given:
            fl_x = given["fl_x"]
            cx, cy = given.get("cx", stated_w / 2), given.get("cy", stated_h / 2)
            camera = Pinhole(fl_x, given.get("fl_y", fl_x), cx, cy, stated_w, stated_h)
        else:
            camera = Pinhole.from_angle_x(given["camera_angle_x"], stated_w, stated_h)
        if not same_proportions(camera, w, h):
            whose = "it" if frame is None or not frame.intrinsics else f"its frame '{frame.file_path}'"
            raise UserError(
                f"{self.path}: {whose} is for images of {stated_w}x{stated_h} pixels but the training images have "
                f"{w}x{h}; correct w and h, or give the images that belong to it"
            )
        return camera if (w, h) == (stated_w, stated_h) else camera.resized(w, h)


def own_intrinsics(shared: dict[str, float], own: dict[str, float]) -> dict[str, float]:
    """What holds for a frame: its own numbers before the shared ones.

    A focal length of its own sets aside the shared one in whatever form, and a size of its own the shared principal
    point, which was measured in another image.
    """
    aside = set()
    if own.keys() & FOCAL_LENGTHS:
        aside |= FOCAL_LENGTHS
    if own.keys() & {"w", "h"}:
        aside |= {"cx", "cy"}
    return {name: value for name, value in shared.items() if name not in aside} | own


def same_proportions(camera: Pinhole, w: int, h: int) -> bool:
    """Whether `w` x `h` is a resized copy of the camera's image, give or take one pixel of rounding."""
    return abs(w * camera.h - h * camera.w) <= max(camera.w, camera.h)


def read_transforms(path: Path) -> Transforms:
    """Read and check a `transforms.json`.

    Raises:
        UserError: it cannot be read, is no JSON, lacks a key, or holds a number or matrix that describes no camera
    """
    content = read_json_object(path, "the transforms.json of the training views")
    frames = content.get("frames")
    if not isinstance(frames, list) or not frames:
        raise UserError(f"{path}: it has no list of 'frames'; give the transforms.json of the training views")
    shared = _read_intrinsics(path, content)
    read = tuple(_read_frame(path, index, frame) for index, frame in enumerate(frames))
    if not shared.keys() & {"camera_angle_x", "fl_x"} and not all(
        frame.intrinsics.keys() & {"camera_angle_x", "fl_x"} for frame in read
    ):
        raise UserError(
            f"{path}: the key 'camera_angle_x' is missing; add the horizontal field of view in radians, "
            "or 'fl_x' in pixels"
        )
    distortion = [entry.get(name, 0) for entry in (content, *frames) for name in DISTORTION]
    return Transforms(path, shared, read, distorted=any(value not in (0, None) for value in distortion))


def check_rigid(matrix: Float[np.ndarray, "rows columns"]) -> str | None:
    """Say in a few words why a camera-to-world matrix is not a finite rigid 4x4 one, or None where it is."""
    if matrix.shape != (4, 4):
        return f"is {'x'.join(map(str, matrix.shape))} instead of 4x4"
    if not np.isfinite(matrix).all():
        return "holds a number that is not finite"
    if np.abs(matrix[3] - (0, 0, 0, 1)).max() > 1e-6:
        return "has a last row other than 0 0 0 1"
    rotation = matrix[:3, :3]
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = np.abs(rotation.T @ rotation - np.eye(3)).max()
    if not deviation <= RIGID_TOLERANCE:
        return f"is not rigid (R^T R deviates from the identity by {deviation:.2g})"
    if np.linalg.det(rotation) < 0:
        return "mirrors the world (determinant -1)"
    return None


def _read_intrinsics(path: Path, content: dict[str, Any], whose: str = "") -> dict[str, float]:
    given = {name: _number(content[name]) for name in INTRINSICS if content.get(name) is not None}
    for name, value in given.items():
        positive = value > 0 or name in ("cx", "cy")
        if not (math.isfinite(value) and positive) or (name == "camera_angle_x" and value >= math.pi):
            raise UserError(f"{path}: '{name}'{whose} is {content[name]!r}, which describes no camera; correct it")
        if name in ("w", "h") and value != int(value):
            raise UserError(f"{path}: '{name}'{whose} is {content[name]!r}, not a whole number of pixels; correct it")
    return given


def _number(value: Any) -> float:
    """The value as a float, NaN for whatever is none."""
    try:
        return float("nan") if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _read_frame(path: Path, index: int, frame: Any) -> Frame:
    for key in ("file_path", "transform_matrix"):
        if not isinstance(frame, dict) or key not in frame:
            raise UserError(f"{path}: frame {index} lacks the key '{key}'; add it or remove the frame")
    file_path = frame["file_path"]
    if not isinstance(file_path, str) or not file_path.strip() or "\0" in file_path:
        raise UserError(f"{path}: frame {index} has a file_path that is no path ({file_path!r}); correct it")
    matrix = as_numbers(frame["transform_matrix"])
    complaint = check_rigid(matrix) if matrix.ndim == 2 else "is no 4x4 matrix"
    if complaint:
        raise UserError(
            f"{path}: the transform_matrix of frame {index} ({file_path}) {complaint}; give a camera-to-world pose "
            "of rotation and translation only"
        )
    mask_path = frame.get("mask_path")
    if mask_path is not None and (not isinstance(mask_path, str) or not mask_path.strip() or "\0" in mask_path):
        raise UserError(f"{path}: frame {index} has a mask_path that is no path ({mask_path!r}); correct it")
    return Frame(file_path, matrix, _read_intrinsics(path, frame, f" of frame {index}"), mask_path)
