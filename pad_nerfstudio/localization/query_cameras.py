"""Intrinsics of single queries, from a file beside them or one that the user names."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pad_nerfstudio.data.json_files import read_json_object
from pad_nerfstudio.data.names import match_name
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.transforms_json import same_proportions
from pad_nerfstudio.errors import UserError

BESIDE = "cameras.json"
"""A file of this name in a photo's folder is read without being named."""
NUMBERS = ("fl_x", "fl_y", "cx", "cy", "w", "h", "camera_angle_x")
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")


@dataclass(frozen=True, eq=False)
class QueryCameras:
    """What a Nerfstudio-style file says of photos' intrinsics; poses in it are not looked at."""

    path: Path
    """The file."""
    frames: dict[Path, dict[str, Any]]
    """Absolute path of a photo, or of what it was when the file was written -> its numbers."""

    def camera(self, photo: Path, w: int, h: int) -> Pinhole | None:
        """The intrinsics of a photo of `w` x `h` pixels, upright; None where the file does not name it.

        Raises:
            UserError: they describe no pinhole camera of such a photo, or two frames may mean it
        """
        found = photo if photo in self.frames else match_name(photo.name, self.frames)
        return None if found is None else self._camera(photo, self.frames[found], w, h)

    def _camera(self, photo: Path, numbers: dict[str, Any], w: int, h: int) -> Pinhole:
        given = {name: self._number(photo, name, numbers[name]) for name in NUMBERS if numbers.get(name) is not None}
        if any(numbers.get(name) for name in DISTORTION):
            raise UserError(
                f"{self.path}: gives {photo.name} a lens with distortion, which a query may not have; undistort it, "
                "for instance by data_converters/capture_to_mad.py --undistort-queries"
            )
        own_w, own_h = int(given.get("w", w)), int(given.get("h", h))
        if "fl_x" in given:
            fl_x = given["fl_x"]
            centre = given.get("cx", own_w / 2), given.get("cy", own_h / 2)
            camera = Pinhole(fl_x, given.get("fl_y", fl_x), *centre, own_w, own_h)
        elif given.get("camera_angle_x", math.pi) < math.pi:
            camera = Pinhole.from_angle_x(given["camera_angle_x"], own_w, own_h)
        else:
            raise UserError(
                f"{self.path}: gives {photo.name} neither fl_x in pixels nor camera_angle_x in radians; add one"
            )
        if not same_proportions(camera, w, h):
            raise UserError(
                f"{self.path}: is for {photo.name} with {own_w}x{own_h} pixels, but {photo} has {w}x{h} upright; "
                "correct w and h, or give the photo that belongs to them"
            )
        return camera if (own_w, own_h) == (w, h) else camera.resized(w, h)

    def _number(self, photo: Path, name: str, value: Any) -> float:
        sound = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not sound or (value <= 0 and name not in ("cx", "cy")):
            raise UserError(f"{self.path}: '{name}' of {photo.name} is {value!r}, which describes no camera; mend it")
        return float(value)


def read_query_cameras(path: Path) -> QueryCameras:
    """Read a file of queries' intrinsics: `frames` with `file_path`, `fl_x` and its kin, each there or at the top.

    Raises:
        UserError: it cannot be read, or has no such frames
    """
    path = path.expanduser().absolute()
    content = read_json_object(path, "a file of frames with file_path and fl_x")
    frames = content.get("frames")
    named = isinstance(frames, list) and all(
        isinstance(frame, dict) and isinstance(frame.get("file_path"), str) for frame in frames
    )
    if not frames or not named:
        raise UserError(f"{path}: it has no list of 'frames' that each have a 'file_path'; give one as for Nerfstudio")
    shared = {name: content[name] for name in (*NUMBERS, *DISTORTION) if name in content}
    return QueryCameras(path, {path.parent / frame["file_path"]: {**shared, **frame} for frame in frames})
