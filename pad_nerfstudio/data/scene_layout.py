"""A scene of several instances of one object, in the layout of ToysAD-8K and PartsAD-15K, as it lies on disk.

Bhunia et al., "Odd-One-Out: Anomaly Detection by Comparing with Neighbors", section 4.1.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.images import check_mask_size, verified_size
from pad_nerfstudio.data.json_files import as_numbers, read_json_object
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.names import canonical_stem, image_files, natural_key
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.scene_object import SceneObject, read_scene_object
from pad_nerfstudio.data.transforms_json import check_rigid
from pad_nerfstudio.errors import BadImageError, UserError

METADATA = "scene3d.metadata.json"
OPENCV_TO_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Scene:
    """One scene, checked."""

    root: Path
    """Absolute path of the scene's folder."""
    camera: Pinhole
    """Intrinsics of every view."""
    views: tuple[TrainingView, ...]
    """In natural order of their file names."""
    objects: tuple[SceneObject, ...]
    """The instances; empty where the metadata list none."""

    @property
    def name(self) -> str:
        """Name of the scene's folder."""
        return self.root.name

    @cached_property
    def category(self) -> str | None:
        """The category that all objects share, None where they do not or where it is unknown."""
        found = {o.category for o in self.objects}
        return found.pop() if len(found) == 1 else None


def scenes_under(root: Path) -> list[Path]:
    """Absolute paths of all scenes in `root` or below, in natural order; a scene is not searched for further ones.

    Raises:
        UserError: there is none
    """
    root = root.expanduser().absolute()
    found, been = [], set()
    for folder, below, files in os.walk(root, followlinks=True):
        where = os.path.realpath(folder)
        if METADATA in files:
            found.append(Path(folder))
        if METADATA in files or where in been:  # a link may lead back up
            below.clear()
        been.add(where)
    if not found:
        raise UserError(f"{root}: no scene there; give a folder that holds {METADATA} or folders of such")
    return sorted(found, key=lambda folder: natural_key(folder.as_posix()))


def read_scene(root: Path) -> Scene:
    """Read and check one scene; every image and mask is checked to be whole, none is kept in memory.

    A scene is a folder with `scene3d.metadata.json`, `RGB/0000.png` and so on, and, where there are any,
    `segmentations/NAME/NAME_0000.png`. Its camera matrices are world-to-camera with OpenCV axes.

    Raises:
        UserError: one sentence that names the file at fault and the remedy
    """
    root = root.expanduser().absolute()
    source = root / METADATA
    if not source.is_file():
        raise UserError(f"{root}: no scene there; give a folder that holds {METADATA}")
    content = read_json_object(source, "the metadata of a scene")
    k, poses = _read_cameras(source, content.get("camera"))
    images = _posed_images(root / "RGB", source, len(poses))
    entries = content.get("objects") or []
    if not isinstance(entries, list):
        raise UserError(f"{source}: 'objects' is no list; correct it or remove it")
    objects = tuple(_read_object(root, source, index, entry, images) for index, entry in enumerate(entries))
    if len({o.name for o in objects}) < len(objects):
        raise UserError(f"{source}: two objects have one name; rename one of them")
    size = _common_size(images, [mask for o in objects for mask in o.mask_paths if mask is not None])
    fl_x, fl_y, cx, cy = (float(value) for value in (k[0, 0], k[1, 1], k[0, 2], k[1, 2]))
    camera = Pinhole(fl_x, fl_y, cx, cy, *size)
    views = (
        TrainingView(image.relative_to(root).as_posix(), image, pose, camera)
        for image, pose in zip(images, poses, strict=True)
    )
    return Scene(root, camera, tuple(views), objects)


def camera_to_world_from_opencv(world_to_camera: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """Camera-to-world with OpenGL axes (x right, y up, z back) of a world-to-camera one with OpenCV axes (y down)."""
    return np.linalg.inv(world_to_camera) @ OPENCV_TO_OPENGL


def _read_cameras(source: Path, content: Any) -> tuple[Float[np.ndarray, "3 3"], list[Float[np.ndarray, "4 4"]]]:
    """The matrix K and the camera-to-world poses."""
    if not isinstance(content, dict) or not content.get("poses") or "K" not in content:
        raise UserError(f"{source}: it has no 'camera' with 'K' and 'poses'; add the cameras of the views")
    k = as_numbers(content["K"])
    if k.shape != (3, 3) or not np.isfinite(k).all():
        raise UserError(f"{source}: K of the camera is no 3x3 matrix of finite numbers; correct it")
    pinhole = np.array([[k[0, 0], 0, k[0, 2]], [0, k[1, 1], k[1, 2]], [0, 0, 1]])
    if k[0, 0] <= 0 or k[1, 1] <= 0 or np.abs(k - pinhole).max() > 1e-6:
        raise UserError(f"{source}: K is no pinhole [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels; correct it")
    poses = content["poses"]
    if not isinstance(poses, list):
        raise UserError(f"{source}: 'poses' of the camera is no list; give one pose for each image")
    return k, [_read_pose(source, index, pose) for index, pose in enumerate(poses)]


def _read_pose(source: Path, index: int, pose: Any) -> Float[np.ndarray, "4 4"]:
    matrix = as_numbers(pose.get("rotation") if isinstance(pose, dict) else None)
    complaint = check_rigid(matrix) if matrix.ndim == 2 else "is no 4x4 matrix"
    if complaint:
        raise UserError(
            f"{source}: the 'rotation' of pose {index} {complaint}; give a world-to-camera pose of rotation and "
            "translation only"
        )
    return camera_to_world_from_opencv(matrix)


def _posed_images(folder: Path, source: Path, count: int) -> list[Path]:
    """The images, one for each pose, in natural order."""
    images = image_files(folder)
    if len(images) != count:
        numbers = {canonical_stem(image.stem) for image in images}
        absent = [number for number in range(count) if str(number) not in numbers]
        hint = f" ({absent[0]:04d}.png is missing)" if len(images) < count and absent else ""
        raise UserError(
            f"{folder}: {len(images)} images, but {source.name} has {count} poses{hint}; give one image for each pose"
        )
    return images


def _read_object(root: Path, source: Path, index: int, entry: Any, images: list[Path]) -> SceneObject:
    found = read_scene_object(source, index, entry)
    folder = root / "segmentations" / found.name
    by_view = {canonical_stem(mask.stem.removeprefix(f"{found.name}_")): mask for mask in image_files(folder)}
    return replace(found, mask_paths=tuple(by_view.get(canonical_stem(image.stem)) for image in images))


def _common_size(images: list[Path], masks: Iterable[Path]) -> tuple[int, int]:
    """Width and height of all images and masks."""
    masks = list(masks)
    with ThreadPoolExecutor() as pool:
        sizes = dict(zip([*images, *masks], pool.map(_size, [*images, *masks]), strict=True))
    size = sizes[images[0]]
    for image in images:
        if sizes[image] != size:
            shown = [f"{w}x{h}" for w, h in (sizes[image], size)]
            raise UserError(f"{image}: {shown[0]} pixels, but {images[0].name} has {shown[1]}; give views of one size")
    for mask in masks:
        check_mask_size(mask, sizes[mask], size)
    return size


def _size(path: Path) -> tuple[int, int]:
    try:
        return verified_size(path)
    except BadImageError as error:
        raise UserError(f"{error.fault}; replace it") from error
