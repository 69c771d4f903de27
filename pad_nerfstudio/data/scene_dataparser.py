"""The `scene-data` dataparser: a scene in the ToysAD-8K / PartsAD-15K layout for any Nerfstudio method."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nerfstudio.data.dataparsers.base_dataparser import (
    DataParser,
    DataParserConfig,
    DataparserOutputs,
)

from pad_nerfstudio.data.parsed_views import (
    dataparser_outputs,
    downscaled,
    exact_scale,
    image_files_at,
    poses_of,
    scaled,
    split_views,
)
from pad_nerfstudio.data.scene_box import below_the_cameras, scene_box_from_cameras
from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.errors import told_in_one_sentence

UNDER_TRANSPARENT = (1.0, 1.0, 1.0)


@dataclass
class SceneDataParserConfig(DataParserConfig):
    """A scene of several instances of one object, in the layout of ToysAD-8K and PartsAD-15K."""

    _target: type = field(default_factory=lambda: SceneDataParser)
    """The class that this config builds."""
    data: Path = Path()
    """Folder of one scene: it holds scene3d.metadata.json and RGB."""
    eval_fraction: float = 0.1
    """Share of the views held out for evaluation; at 0 the evaluation sees the training views themselves."""
    downscale_factor: int = 1
    """Divide width and height of the images by this; the small copies are kept in the user's cache folder."""


@dataclass
class SceneDataParser(DataParser):
    """Poses keep the scene's world frame but for an exact scale, as those of `mad-data` do.

    The box is known from the cameras alone: nothing of objects, boxes or labels enters the training.
    """

    config: SceneDataParserConfig  # pyright: ignore[reportIncompatibleVariableOverride]

    def _generate_dataparser_outputs(self, split: str = "train", **kwargs: Any) -> DataparserOutputs:
        """Views of `train`, or the held-out views for `val` and `test`; mistakes end in one sentence and code 2."""
        with told_in_one_sentence():
            training, evaluation = split_views(self.scene.views, self.config.eval_fraction)
            scale = exact_scale(poses_of(self.scene.views))
            poses = scaled(poses_of(training), scale)
            views = training if split == "train" else evaluation
            cameras = downscaled(views, self.config.downscale_factor)
            return dataparser_outputs(
                views,
                image_files_at(cameras, views),
                cameras,
                scale,
                below_the_cameras(scene_box_from_cameras(poses, [view.camera for view in training]), poses[:, :, 3]),
                UNDER_TRANSPARENT,
                metadata={"scene_root": str(self.scene.root), "surroundings": True},
            )

    @cached_property
    def scene(self) -> Scene:
        """The scene, read once for all splits.

        Raises:
            UserError: as `read_scene` does
        """
        return read_scene(self.config.data)
