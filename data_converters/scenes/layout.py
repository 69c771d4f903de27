"""The files of a scene, as ToysAD-8K has them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rendering.files import write_json
from scipy.spatial.transform import Rotation

from scenes.instance import Instance
from scenes.mesh import Array, Mask
from scenes.placement import intrinsics, world_to_camera_opencv

os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")
import cv2  # noqa: E402, it reads the variable when it is loaded

FLOOR = "floor_object"
SKY_DEPTH = 1e10
"""Depth of what is infinitely far, as Blender writes it."""


def write_view(
    folder: Path,
    view: int,
    picture: NDArray[np.uint8],
    index: NDArray[np.int64],
    depth: NDArray[np.float32],
    instances: list[Instance],
) -> None:
    """Picture, masks and depth of one view.

    Args:
        folder: of the scene
        view: from 0
        picture: [H, W, 3]
        index: [H, W]: 0 sky, 1 to N the instances, N + 1 the floor
        depth: [H, W] along the viewing axis, infinite in the sky
        instances: N
    """
    opaque = np.full((*index.shape, 1), 255, np.uint8)
    save(folder / "RGB" / f"{view:04d}.png", np.concatenate([picture, opaque], -1))
    for number, name in enumerate([*(i.name for i in instances), FLOOR], start=1):
        mask = np.repeat((index == number)[..., None] * np.uint8(255), 3, -1)
        save(folder / "segmentations" / name / f"{name}_{view:04d}.png", np.concatenate([mask, opaque], -1))
    odd = np.isin(index, [n for n, i in enumerate(instances, start=1) if is_anomalous(i)])
    save(folder / "binary_labels" / f"{view:04d}.png", odd * np.uint8(255))
    save(folder / "depth_png" / f"{view:04d}.png", depth_bytes(depth))
    exr = folder / "depth_exr" / f"{view:04d}.exr"
    exr.parent.mkdir(parents=True, exist_ok=True)
    finite = np.where(np.isfinite(depth), depth, SKY_DEPTH).astype(np.float32)
    if not cv2.imwrite(str(exr), np.repeat(finite[..., None], 3, -1)):
        raise OSError(0, "the EXR file was not written", str(exr))


def depth_bytes(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Depth [H, W] from the nearest to the farthest finite one as 0 to 65535; the sky has 65535."""
    finite = np.isfinite(depth)
    low, high = (float(f(depth[finite])) if finite.any() else 0.0 for f in (np.min, np.max))
    scaled = np.where(finite, (depth - low) / max(high - low, 1e-9), 1.0)
    return np.rint(np.clip(scaled, 0, 1) * 65535).astype(np.uint16)


def save(path: Path, image: NDArray[Any]) -> None:
    """A PNG file; the scene's folder is renamed when all are there, so nothing is written aside here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, format="PNG")


def is_anomalous(instance: Instance) -> bool:
    """What readers of the layout go by."""
    return "-" in Path(instance.path).name


def scene3d(instances: list[Instance], poses: Array, image_size: int, scene: dict[str, str]) -> dict[str, Any]:
    """`scene3d.metadata.json`: objects, cameras (world-to-camera, OpenCV axes) and what surrounds them."""
    return {
        "objects": [entry(instance) for instance in instances],
        "camera": {
            "poses": [{"rotation": world_to_camera_opencv(pose).tolist()} for pose in poses],
            "K": intrinsics(image_size).tolist(),
        },
        "scene": scene,
        "rendering_info": {},
    }


def entry(instance: Instance) -> dict[str, Any]:
    """One object; `bbox` is the middle in the world and the sides along the object's own axes.

    `bounds`, which the published scenes do not have, are its least and greatest coordinates in the world.
    """
    location = instance.pose[:3, 3].tolist()
    world = instance.in_world(instance.mesh.vertices)
    return {
        "name": instance.name,
        "path": instance.path,
        "rotation_matrix": instance.pose.tolist(),
        "rotation_euler": Rotation.from_matrix(instance.pose[:3, :3]).as_euler("xyz").tolist(),
        "location": location,
        "scale": [1.0, 1.0, 1.0],
        "bbox": [location, np.ptp(instance.mesh.box, axis=0).tolist()],
        "bounds": [world.min(axis=0).tolist(), world.max(axis=0).tolist()],
    }


def scene2d(instances: list[Instance], indices: list[NDArray[np.int64]]) -> dict[str, Any]:
    """`scene2d.metadata.json`: 0 for what is anomalous (sic), and its boxes [x0, y0, x1, y1] in each picture."""
    odd = [number for number, i in enumerate(instances, start=1) if is_anomalous(i)]
    return {
        "blend_paths": [i.path for i in instances],
        "anomaly_labels": [0 if is_anomalous(i) else 1 for i in instances],
        "bbox": {
            f"{view:04d}.png": [box for n in odd if (box := pixel_box(index == n)) is not None]
            for view, index in enumerate(indices)
        },
    }


def pixel_box(mask: Mask) -> list[int] | None:
    """[x0, y0, x1, y1] around the pixels of a mask [H, W], the last two excluded; None where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def write_metadata(
    folder: Path,
    instances: list[Instance],
    poses: Array,
    image_size: int,
    scene: dict[str, str],
    indices: list[NDArray[np.int64]],
) -> None:
    """Both metadata files."""
    write_json(folder / "scene2d.metadata.json", scene2d(instances, indices))
    write_json(folder / "scene3d.metadata.json", scene3d(instances, poses, image_size, scene))
