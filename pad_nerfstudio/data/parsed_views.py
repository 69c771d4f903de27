"""Posed views as Nerfstudio wants them: divided, scaled, downscaled; shared by the dataparsers."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from nerfstudio.cameras.cameras import Cameras, CameraType
from nerfstudio.data.dataparsers.base_dataparser import DataparserOutputs
from nerfstudio.data.scene_box import SceneBox

from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.prepared_images import prepared_image, prepared_mask
from pad_nerfstudio.data.splits import held_out, subset
from pad_nerfstudio.errors import UserError


def split_views(
    views: Sequence[TrainingView],
    eval_fraction: float,
    train_views: int | None = None,
    train_views_seed: int = 0,
) -> tuple[list[TrainingView], list[TrainingView]]:
    """The views to train on and those to evaluate on; where nothing is held out, both are the same.

    Raises:
        UserError: a fraction or number that the views cannot give
    """
    evaluation = set(held_out(len(views), eval_fraction).tolist())
    training = [view for index, view in enumerate(views) if index not in evaluation]
    if train_views is not None:
        chosen = subset(poses_of(training)[:, :3, 3], train_views, train_views_seed)
        training = [training[index] for index in chosen]
    return training, [views[index] for index in sorted(evaluation)] or training


def poses_of(views: Sequence[TrainingView]) -> Float[np.ndarray, "n 4 4"]:
    """Camera-to-world poses, float64, world units."""
    return np.stack([view.camera_to_world for view in views])


def exact_scale(camera_to_worlds: Float[np.ndarray, "n 4 4"]) -> float:
    """The largest power of two that brings every camera coordinate into [-1, 1]; 1 where all are zero."""
    largest = float(np.abs(camera_to_worlds[:, :3, 3].astype(np.float32)).max())
    mantissa, exponent = math.frexp(largest)  # largest = mantissa * 2^exponent, mantissa in [0.5, 1)
    return math.ldexp(1.0, -exponent + (mantissa == 0.5)) if largest > 0 else 1.0


def scaled(camera_to_worlds: Float[np.ndarray, "n 4 4"], scale: float) -> Float[np.ndarray, "n 3 4"]:
    """Poses in float32 with their translation times `scale`, the last row dropped."""
    poses = camera_to_worlds[:, :3].astype(np.float32)
    poses[:, :, 3] *= np.float32(scale)
    return poses


def downscaled(views: Sequence[TrainingView], factor: int) -> list[Pinhole]:
    """The cameras of views whose width and height are divided by `factor`, rounded down.

    Raises:
        UserError: the factor is below 1 or leaves no pixel
    """
    smallest = min((view.camera for view in views), key=lambda camera: min(camera.w, camera.h))
    limit = min(smallest.w, smallest.h)
    if not 1 <= factor <= limit:
        raise UserError(
            f"--downscale-factor is {factor}, but the images have {smallest.w}x{smallest.h} pixels; give 1 to {limit}"
        )
    return [view.camera.resized(view.camera.w // factor, view.camera.h // factor) for view in views]


def image_files_at(cameras: Sequence[Pinhole], views: Sequence[TrainingView]) -> list[Path]:
    """Files with the pixels of `views` at the sizes of `cameras`, as `prepared_image` makes them.

    Args:
        cameras: of the images wanted
        views: the views

    Raises:
        UserError: an image is broken, or the cache cannot be written
    """

    def prepared(camera: Pinhole, view: TrainingView) -> Path:
        return prepared_image(view.path, (camera.w, camera.h), (view.camera.w, view.camera.h), view.mask)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(prepared, cameras, views))


def seen_files_at(cameras: Sequence[Pinhole], views: Sequence[TrainingView]) -> list[Path] | None:
    """Files of the sizes of `cameras` that are 255 where the photos of `views` show something; None where all do.

    Raises:
        UserError: a file is broken, or the cache cannot be written
    """
    if all(view.seen is None for view in views):
        return None
    return [prepared_mask(view.seen, (camera.w, camera.h)) for camera, view in zip(cameras, views, strict=True)]


def dataparser_outputs(
    views: Sequence[TrainingView],
    image_files: list[Path],
    cameras: Sequence[Pinhole],
    scale: float,
    box: Float[np.ndarray, "2 3"],
    background: tuple[float, float, float],
    metadata: dict[str, Any],
    seen_files: list[Path] | None = None,
) -> DataparserOutputs:
    """What a dataparser returns for views that keep their world frame but for `scale`.

    Args:
        views: the views, poses in world units
        image_files: their images at the sizes of `cameras`
        cameras: the intrinsics of each
        scale: of Nerfstudio's units to the world's, see `exact_scale`
        box: lower and upper corner of the scene, in Nerfstudio's units
        background: RGB in [0, 1] under transparent pixels
        metadata: more for datasets and datamanagers; `file_paths` of the views are added
        seen_files: see `seen_files_at`
    """
    return DataparserOutputs(
        image_filenames=image_files,
        mask_filenames=seen_files,
        cameras=nerfstudio_cameras(scaled(poses_of(views), scale), cameras),
        alpha_color=torch.tensor(background, dtype=torch.float32),
        scene_box=SceneBox(aabb=torch.from_numpy(box.astype(np.float32))),
        dataparser_transform=torch.eye(4)[:3],
        dataparser_scale=scale,
        metadata={**metadata, "file_paths": [view.file_path for view in views]},
    )


def nerfstudio_cameras(camera_to_worlds: Float[np.ndarray, "n 3 4"], cameras: Sequence[Pinhole]) -> Cameras:
    """Nerfstudio's cameras for poses and the pinhole of each."""
    numbers = torch.tensor([(camera.fl_x, camera.fl_y, camera.cx, camera.cy) for camera in cameras])
    sizes = torch.tensor([(camera.w, camera.h) for camera in cameras])
    fx, fy, cx, cy = numbers.split(1, dim=-1)
    return Cameras(
        camera_to_worlds=torch.from_numpy(camera_to_worlds),
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        width=sizes[:, :1],
        height=sizes[:, 1:],
        camera_type=CameraType.PERSPECTIVE,
    )
