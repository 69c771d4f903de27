"""Which intrinsics a query has: given, shared with the training photos, or a start for estimating them."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.transforms_json import same_proportions
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.exif_focal import exif_focal
from pad_nerfstudio.localization.query_cameras import BESIDE, QueryCameras, read_query_cameras

TRAINING, TURNED, OPTIONS, EXIF = "training camera", "training camera, turned", "options", "EXIF"
"""Where intrinsics come from; those of a file are named after it."""
NEAR = (1.0,)
"""Factors on a focal length that is about right, from which the right one is looked for."""
ANYWHERE = (0.7, 0.85, 1.0, 1.22, 1.5)
"""The same where nothing is known of it."""


@dataclass(frozen=True)
class Intrinsics:
    """Intrinsics given by the user, in pixels of the queries; what is None has a default."""

    fl_x: float | None = None
    """Focal length along x in pixels of the query; the training camera's where it is not given."""
    fl_y: float | None = None
    """Focal length along y in pixels; fl-x where it is not given."""
    cx: float | None = None
    """Principal point from the left edge in pixels; the middle where it is not given."""
    cy: float | None = None
    """Principal point from the top edge in pixels; the middle where it is not given."""
    query_cameras: Path | None = None
    """JSON file with the intrinsics of single photos, as in Nerfstudio: frames with file_path, fl_x, fl_y, cx, cy, w,
    h; without it, a cameras.json in the photo's own folder. A photo it does not name has those above."""
    optimize_focal: bool = False
    """Estimate the focal length of each photo with its pose, unless a file gives it: from fl-x, else from the EXIF
    35 mm equivalent, else from 0.7 to 1.5 times that of the training camera. Needs --refine direct."""


@dataclass(frozen=True)
class QueryCamera:
    """The intrinsics of one query."""

    camera: Pinhole
    """At the photo's own size."""
    source: str = TRAINING
    """Where they come from."""
    focal_starts: tuple[float, ...] = ()
    """Factors on the focal length from which it is estimated; none where it is known."""


def query_camera(path: Path, w: int, h: int, training_camera: Pinhole, given: Intrinsics) -> QueryCamera:
    """The intrinsics of a photo of `w` x `h` pixels, upright.

    A photo in the proportions of the training photos has their field of view. One whose proportions are swapped was
    taken with the camera turned: the focal length along its long side stays, the principal point is the middle, since
    it is not known which way the camera was turned.

    Args:
        path: the photo
        w: its width when upright
        h: its height
        training_camera: of the training photos
        given: what the user knows better

    Raises:
        UserError: its intrinsics are unknown, or numbers given describe no camera
    """
    listed = _cameras_of(path, given)
    camera = None if listed is None else listed.camera(path, w, h)
    if listed is not None and camera is not None:
        return QueryCamera(camera, listed.path.as_posix())
    found = _begun_with(path, w, h, training_camera, given)
    camera = replace(
        found.camera,
        fl_y=found.camera.fl_y if given.fl_y is None else given.fl_y,
        cx=found.camera.cx if given.cx is None else given.cx,
        cy=found.camera.cy if given.cy is None else given.cy,
    )
    if not (0 < camera.fl_x < math.inf and 0 < camera.fl_y < math.inf):
        raise UserError(f"{path}: a focal length must be positive; mend --fl-x and --fl-y")
    if not (math.isfinite(camera.cx) and math.isfinite(camera.cy)):
        raise UserError(f"{path}: the principal point must be finite; mend --cx and --cy")
    return replace(found, camera=camera, focal_starts=found.focal_starts if given.optimize_focal else ())


def _begun_with(path: Path, w: int, h: int, training_camera: Pinhole, given: Intrinsics) -> QueryCamera:
    """Before --fl-y, --cx and --cy."""
    if given.fl_x is not None:
        return QueryCamera(_centred(given.fl_x, given.fl_x, w, h), OPTIONS, NEAR)
    focal = exif_focal(path, w, h) if given.optimize_focal else None
    if focal is not None:
        return QueryCamera(_centred(focal, focal, w, h), EXIF, NEAR)
    if same_proportions(training_camera, w, h):
        return QueryCamera(training_camera.resized(w, h), TRAINING, ANYWHERE)
    if same_proportions(training_camera, h, w):
        lying = training_camera.resized(h, w)
        return QueryCamera(_centred(lying.fl_y, lying.fl_x, w, h), TURNED, ANYWHERE)
    if given.optimize_focal:
        guess = training_camera.fl_x * max(w, h) / max(training_camera.w, training_camera.h)
        return QueryCamera(_centred(guess, guess, w, h), TRAINING, ANYWHERE)
    raise UserError(
        f"{path}: {w}x{h} pixels have other proportions than the training images "
        f"({training_camera.w}x{training_camera.h}), so its intrinsics are unknown; "
        "give them to ns-pad-localize by --fl-x, --cx, --cy or --query-cameras, or have it --optimize-focal"
    )


def _centred(fl_x: float, fl_y: float, w: int, h: int) -> Pinhole:
    return Pinhole(fl_x, fl_y, w / 2, h / 2, w, h)


def _cameras_of(path: Path, given: Intrinsics) -> QueryCameras | None:
    named = given.query_cameras
    file = path.parent / BESIDE if named is None else named.expanduser().absolute()
    if named is None and not file.is_file():
        return None
    return _read_as_of(file, file.stat().st_mtime_ns if file.is_file() else 0)


@lru_cache(maxsize=4)
def _read_as_of(file: Path, changed: int) -> QueryCameras:
    """The same file is read once for all photos, and again when it changes."""
    return read_query_cameras(file)
