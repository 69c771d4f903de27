"""Short digests that tell whether something was computed from the same things."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.posed_photo import PosedPhoto


def fingerprint(*values: Any) -> str:
    """Digest of values that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:24]


def file_identity(path: Path) -> list[Any]:
    """Path, size and time of change: what tells one state of a file from another without reading it.

    Raises:
        FileNotFoundError: there is no such file
    """
    state = path.stat()
    return [str(path), state.st_size, state.st_mtime_ns]


def photo_identity(photo: PosedPhoto) -> list[Any]:
    """File, pose and camera of a photo; poses count to nine digits, so that a round trip through JSON is the same."""
    pose = [[round(float(value), 9) for value in row] for row in photo.camera_to_world]
    label = [photo.kind, photo.label, None if photo.mask_path is None else str(photo.mask_path)]
    light = [round(float(value), 6) for value in (*photo.light.gain, *photo.light.bias)]
    seen = [file_identity(path) for path in (photo.path, photo.object_mask) if path is not None]
    return [seen, pose, photo.camera.as_dict(), photo.converged, light, label]
