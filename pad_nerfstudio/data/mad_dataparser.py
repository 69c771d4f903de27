"""The `mad-data` dataparser: a class folder in the MAD layout for any Nerfstudio method."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from nerfstudio.cameras.cameras import Cameras, CameraType
from nerfstudio.data.dataparsers.base_dataparser import (
    DataParser,
    DataParserConfig,
    DataparserOutputs,
)
from nerfstudio.data.scene_box import SceneBox

from pad_nerfstudio.data.mad_layout import MadClass, TrainingView, read_mad_class
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.prepared_images import prepared_image
from pad_nerfstudio.data.scene_box import scene_box_from_cameras
from pad_nerfstudio.data.splits import held_out, subset
from pad_nerfstudio.errors import BadImageError, UserError, told_in_one_sentence

BACKGROUNDS = {"white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0)}


@dataclass
class MadDataParserConfig(DataParserConfig):
    """A class folder in the MAD layout."""

    _target: type = field(default_factory=lambda: MadDataParser)
    """The class that this config builds."""
    data: Path = Path()
    """Folder of one class: it holds transforms.json and train/good."""
    eval_fraction: float = 0.1
    """Share of the training views held out for evaluation; at 0 the evaluation sees the training views themselves."""
    train_views: int | None = None
    """Train on that many views only, spread evenly over the rig; by default on all that are not held out."""
    train_views_seed: int = 0
    """Which view the spreading begins with: 0 for the first, else one drawn with this seed."""
    downscale_factor: int = 1
    """Divide width and height of the training images by this; the small copies are kept in the user's cache folder."""
    background_color: Literal["white", "black"] | tuple[float, float, float] = "white"
    """What lies under transparent pixels: a name, or red, green and blue from 0 to 1."""
    skip_bad_images: bool = False
    """Leave broken images out and list them, instead of stopping at the first."""


@dataclass
class MadDataParser(DataParser):
    """Poses keep the data set's own world frame: no rotation, no recentring, and a scale that is a power of two.

    Such a scale is exact in floating point, so dividing by it gives back every pose bit for bit.
    """

    config: MadDataParserConfig  # pyright: ignore[reportIncompatibleVariableOverride]

    def _generate_dataparser_outputs(self, split: str = "train", **kwargs: Any) -> DataparserOutputs:
        """Views of `train`, or the held-out views for `val` and `test`.

        What the user can mend is said in one sentence on stderr before exit code 2, since ns-train would print a
        traceback for an exception.
        """
        with told_in_one_sentence():
            try:
                return self._outputs(split)
            except BadImageError as error:
                raise UserError(
                    f"{error.fault}; replace it, or train without it by 'ns-train ... mad-data --skip-bad-images True'"
                ) from error

    @cached_property
    def mad_class(self) -> MadClass:
        """The training views of the class folder, read once for all splits; queries are no business of the training.

        Raises:
            UserError: as `read_mad_class` does
        """
        mad_class = read_mad_class(self.config.data, self.config.skip_bad_images, with_queries=False)
        notes = [*mad_class.notes, *(f"left out, broken: {file_path}" for file_path in mad_class.skipped)]
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
        return mad_class

    def _outputs(self, split: str) -> DataparserOutputs:
        background = background_rgb(self.config.background_color)
        camera = downscaled(self.mad_class.camera, self.config.downscale_factor)
        training, evaluation = split_views(
            self.mad_class, self.config.eval_fraction, self.config.train_views, self.config.train_views_seed
        )
        scale = exact_scale(poses_of(self.mad_class.training_views))
        box = scene_box_from_cameras(scaled(poses_of(training), scale), camera)
        views = training if split == "train" else evaluation
        return DataparserOutputs(
            image_filenames=self._image_files(views, camera, background),
            cameras=nerfstudio_cameras(scaled(poses_of(views), scale), camera),
            alpha_color=torch.tensor(background, dtype=torch.float32),
            scene_box=SceneBox(aabb=torch.from_numpy(box.astype(np.float32))),
            dataparser_transform=torch.eye(4)[:3],
            dataparser_scale=scale,
            metadata={
                "mad_class_root": str(self.mad_class.root),
                "file_paths": [view.file_path for view in views],
                "background_color": background,
            },
        )

    def _image_files(
        self, views: list[TrainingView], camera: Pinhole, background: tuple[float, float, float]
    ) -> list[Path]:
        size, original = (camera.w, camera.h), (self.mad_class.camera.w, self.mad_class.camera.h)
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda view: prepared_image(view.path, size, original, background), views))


def split_views(
    mad_class: MadClass,
    eval_fraction: float,
    train_views: int | None,
    train_views_seed: int = 0,
) -> tuple[list[TrainingView], list[TrainingView]]:
    """The views to train on and those to evaluate on; where nothing is held out, both are the same.

    Raises:
        UserError: a fraction or number that the class cannot give
    """
    views = mad_class.training_views
    evaluation = set(held_out(len(views), eval_fraction).tolist())
    training = [view for index, view in enumerate(views) if index not in evaluation]
    if train_views is not None:
        chosen = subset(poses_of(training)[:, :3, 3], train_views, train_views_seed)
        training = [training[index] for index in chosen]
    return training, [views[index] for index in sorted(evaluation)] or training


def poses_of(views: list[TrainingView] | tuple[TrainingView, ...]) -> Float[np.ndarray, "n 4 4"]:
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


def downscaled(camera: Pinhole, factor: int) -> Pinhole:
    """The camera of images whose width and height are divided by `factor`, rounded down.

    Raises:
        UserError: the factor is below 1 or leaves no pixel
    """
    if not 1 <= factor <= min(camera.w, camera.h):
        raise UserError(
            f"--downscale-factor is {factor}, but the images have {camera.w}x{camera.h} pixels; "
            f"give 1 to {min(camera.w, camera.h)}"
        )
    return camera.resized(camera.w // factor, camera.h // factor)


def background_rgb(color: str | tuple[float, float, float]) -> tuple[float, float, float]:
    """Red, green and blue in [0, 1] of a background given by name or as such.

    Raises:
        UserError: a component is out of range
    """
    rgb = BACKGROUNDS[color] if isinstance(color, str) else color
    if not all(0 <= component <= 1 for component in rgb):
        raise UserError(f"--background-color is {rgb}; give red, green and blue from 0 to 1")
    return rgb


def nerfstudio_cameras(camera_to_worlds: Float[np.ndarray, "n 3 4"], camera: Pinhole) -> Cameras:
    """Nerfstudio's cameras for poses that share one pinhole."""
    return Cameras(
        camera_to_worlds=torch.from_numpy(camera_to_worlds),
        fx=camera.fl_x,
        fy=camera.fl_y,
        cx=camera.cx,
        cy=camera.cy,
        width=camera.w,
        height=camera.h,
        camera_type=CameraType.PERSPECTIVE,
    )
