"""A small capture as ns-process-data leaves it: photos of coloured noise, poses on a ring, a transforms.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.mad_class_factory import rig

PINHOLE = {"camera_model": "OPENCV", "fl_x": 60.0, "fl_y": 60.0, "cx": 24.0, "cy": 16.0, "w": 48, "h": 32}


def make_capture(
    folder: Path, count: int = 3, masks: bool = False, camera: dict[str, Any] | None = None, **frame: Any
) -> Path:
    """Write `count` photos of the camera's size, with masks of a centred rectangle; returns the folder.

    Args:
        folder: the folder to make
        count: photos
        masks: whether to write masks
        camera: the intrinsics that all frames share, by default those of `PINHOLE`
        frame: further keys of every frame
    """
    camera = PINHOLE if camera is None else camera
    w, h = camera["w"], camera["h"]
    frames = []
    for index, pose in enumerate(rig(1, count)):
        rng = np.random.default_rng(index)
        photo = folder / "images" / f"frame_{index:05d}.png"
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)).save(photo)
        entry = {"file_path": f"images/{photo.name}", "transform_matrix": pose.tolist(), **frame}
        if masks:
            mask = np.zeros((h, w), np.uint8)
            mask[h // 4 : -h // 4, w // 4 : -w // 4] = 255
            (folder / "masks").mkdir(exist_ok=True)
            Image.fromarray(mask).save(folder / "masks" / photo.name)
            entry["mask_path"] = f"masks/{photo.name}"
        frames.append(entry)
    edit_capture(folder, lambda _: {**camera, "applied_transform": np.eye(4)[[1, 0, 2]].tolist(), "frames": frames})
    return folder


def edit_capture(folder: Path, change: Any) -> None:
    """Replace the content of `transforms.json` by `change(content)`, or keep it where that gives None."""
    path = folder / "transforms.json"
    content = json.loads(path.read_text()) if path.exists() else {}
    changed = change(content)
    path.write_text(json.dumps(content if changed is None else changed))
