"""The `mad-data` dataparser: a class folder in the MAD layout for any Nerfstudio method."""

import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nerfstudio.data.dataparsers.base_dataparser import (
    DataParser,
    DataParserConfig,
    DataparserOutputs,
)

from pad_nerfstudio.data.mad_layout import MadClass, read_mad_class
from pad_nerfstudio.data.parsed_views import (
    dataparser_outputs,
    downscaled,
    exact_scale,
    image_files_at,
    poses_of,
    scaled,
    seen_files_at,
    split_views,
)
from pad_nerfstudio.data.scene_box import scene_box_from_cameras
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
        training, evaluation = split_views(
            self.mad_class.training_views,
            self.config.eval_fraction,
            self.config.train_views,
            self.config.train_views_seed,
        )
        scale = exact_scale(poses_of(self.mad_class.training_views))
        views = training if split == "train" else evaluation
        cameras = downscaled(views, self.config.downscale_factor)
        return dataparser_outputs(
            views,
            image_files_at(cameras, views),
            cameras,
            scale,
            scene_box_from_cameras(scaled(poses_of(training), scale), [view.camera for view in training]),
            background,
            metadata={"mad_class_root": str(self.mad_class.root), "background_color": background},
            seen_files=seen_files_at(cameras, views),
        )


def background_rgb(color: str | tuple[float, float, float]) -> tuple[float, float, float]:
    """Red, green and blue in [0, 1] of a background given by name or as such.

    Raises:
        UserError: a component is out of range
    """
    rgb = BACKGROUNDS[color] if isinstance(color, str) else color
    if not all(0 <= component <= 1 for component in rgb):
        raise UserError(f"--background-color is {rgb}; give red, green and blue from 0 to 1")
    return rgb
