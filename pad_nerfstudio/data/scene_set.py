"""Many scenes for training a network: a few views to look at and others to be predicted, drawn anew every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.object_box import ObjectBox
from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.data.scene_object import read_object_mask
from pad_nerfstudio.errors import UserError

KEPT_SCENES = 10_000
"""Metadata of that many scenes are kept, a few kilobytes each; images are read every time."""


@dataclass(frozen=True, eq=False)
class SceneViews:
    """Some views of a scene, all of one size."""

    images: Float[Tensor, "views 3 h w"]
    """RGB in [0, 1]."""
    k: Float[Tensor, "3 3"]
    """Pinhole matrix for the size of `images`; pixel centres at half-integers."""
    camera_to_world: Float[Tensor, "views 4 4"]
    """OpenGL axes (x right, y up, z back), world frame and units of the scene."""
    masks: Bool[Tensor, "views objects h w"] | None
    """Pixels that show each object; None where they were not asked for or not every view has all."""
    numbers: tuple[int, ...] = ()
    """Which views of the scene these are; empty where unknown."""


@dataclass(frozen=True, eq=False)
class SceneSample:
    """One scene as a training step sees it."""

    name: str
    """Name of the scene's folder."""
    inputs: SceneViews
    """What the network looks at."""
    targets: SceneViews
    """What it must predict; none of them is an input."""
    boxes: Float[Tensor, "objects 2 3"]
    """Minimum and maximum corner of each object along the world's axes; NaN where unknown."""
    labels: Int[Tensor, " objects"]
    """1 for an anomalous instance, 0 for a normal one, -1 where unknown."""
    poses: Float[Tensor, "objects 3 4"]
    """For each object the unit cube around its origin to the world: the first three columns are its axes, as long as
    its sides. Places of two instances of one shape correspond where they are one place of the cube. NaN: unknown."""


class SceneSet(Dataset[SceneSample]):
    """Scenes of any number of objects; load them with `collate_fn=list`, or one at a time.

    Which views are drawn follows from seed, epoch and number of the scene alone, so that neither workers nor the order
    of loading change it.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        input_views: int = 5,
        target_views: int = 5,
        size: tuple[int, int] | None = None,
        with_masks: bool = False,
        seed: int = 0,
        keep: bool = False,
    ) -> None:
        """Set up; nothing is read yet.

        Args:
            roots: scene folders, as `scenes_under` or `scenes_of_part` find them
            input_views: M of the paper (section 4.2: 5 inputs and 5 others)
            target_views: how many others
            size: width and height to resize to; the scenes' own where it is not given
            with_masks: read the masks too
            seed: of the draws
            keep: keep views in memory once they were read, as bytes

        Raises:
            UserError: there is no scene, or no view is asked for
        """
        if not roots:
            raise UserError("no scene to train on; give a folder of scenes, or a split that names some")
        if input_views < 1 or target_views < 0:
            raise UserError(f"{input_views} input and {target_views} target views; give at least 1 and 0")
        self.roots, self.input_views, self.target_views = list(roots), input_views, target_views
        self.size, self.with_masks, self.seed, self.epoch = size, with_masks, seed, 0
        self._kept: dict[tuple[Path, int], _KeptView] | None = {} if keep else None

    def __len__(self) -> int:
        return len(self.roots)

    def set_epoch(self, epoch: int) -> None:
        """Draw other views from now on; call it before the epoch's loader starts its workers."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> SceneSample:
        """Raises `UserError` where the scene is broken or has too few views."""
        if not 0 <= index < len(self.roots):
            raise IndexError(index)
        scene = _read_once(self.roots[index])
        wanted = self.input_views + self.target_views
        if len(scene.views) < wanted:
            raise UserError(
                f"{scene.root}: {len(scene.views)} views, but {self.input_views} inputs and {self.target_views} "
                "targets are wanted; ask for fewer or leave the scene out"
            )
        rng = np.random.default_rng((self.seed, self.epoch, index))
        drawn = rng.permutation(len(scene.views))[:wanted].tolist()
        inputs, targets = drawn[: self.input_views], drawn[self.input_views :]
        labels = [-1 if found.label is None else found.label for found in scene.objects]
        return SceneSample(
            name=scene.name,
            inputs=self._views(scene, inputs),
            targets=self._views(scene, targets),
            boxes=torch.stack([_bounds(found.bounds) for found in scene.objects]) if labels else torch.zeros(0, 2, 3),
            labels=torch.tensor(labels, dtype=torch.long),
            poses=torch.stack([_pose(found.box) for found in scene.objects]) if labels else torch.zeros(0, 3, 4),
        )

    def _views(self, scene: Scene, indices: Sequence[int]) -> SceneViews:
        if self._kept is None or not indices:
            return scene_views(scene, indices, self.size, self.with_masks)
        for index in indices:
            if (scene.root, index) not in self._kept:
                self._kept[scene.root, index] = _KeptView.of(scene_views(scene, [index], self.size, self.with_masks))
        return _KeptView.together([self._kept[scene.root, index] for index in indices])


def _pose(box: ObjectBox | None) -> Float[Tensor, "3 4"]:
    if box is None:
        return torch.full((3, 4), torch.nan)
    return torch.from_numpy(np.concatenate([box.rotation * box.size, box.center[:, None]], axis=1)).float()


@dataclass(frozen=True, eq=False)
class _KeptView:
    """One view as it is kept in memory."""

    image: UInt8[np.ndarray, "1 3 h w"]
    masks: UInt8[np.ndarray, " bytes"] | None
    mask_shape: tuple[int, ...]
    k: Float[Tensor, "3 3"]
    camera_to_world: Float[Tensor, "1 4 4"]
    number: int

    @classmethod
    def of(cls, view: SceneViews) -> "_KeptView":
        image = (view.images * 255).round().byte().numpy()
        masks = None if view.masks is None else view.masks.numpy()
        packed, shape = (None, ()) if masks is None else (np.packbits(masks), masks.shape)
        return cls(image, packed, shape, view.k, view.camera_to_world, view.numbers[0])

    @staticmethod
    def together(kept: Sequence["_KeptView"]) -> SceneViews:
        images = torch.from_numpy(np.concatenate([view.image for view in kept])) / 255.0
        masks = [view.unpacked_masks() for view in kept]
        return SceneViews(
            images=images,
            k=kept[0].k,
            camera_to_world=torch.cat([view.camera_to_world for view in kept]),
            masks=torch.cat([m for m in masks if m is not None]) if all(m is not None for m in masks) else None,
            numbers=tuple(view.number for view in kept),
        )

    def unpacked_masks(self) -> Bool[Tensor, "1 objects h w"] | None:
        if self.masks is None:
            return None
        bits = np.unpackbits(self.masks, count=int(np.prod(self.mask_shape)))
        return torch.from_numpy(bits.reshape(self.mask_shape).astype(bool))


def scene_views(
    scene: Scene, indices: Sequence[int], size: tuple[int, int] | None = None, with_masks: bool = False
) -> SceneViews:
    """Some views of a scene as tensors.

    Args:
        scene: the scene
        indices: numbers of the views, in the order wanted
        size: width and height to resize to
        with_masks: read the masks too, where every view of every object has one

    Raises:
        UserError: an image or a mask is broken
    """
    w, h = size or (scene.camera.w, scene.camera.h)
    camera = scene.camera.resized(w, h)
    images = torch.zeros(len(indices), 3, h, w)
    poses = torch.zeros(len(indices), 4, 4)
    for place, index in enumerate(indices):
        pixels = torch.tensor(read_image(scene.views[index].path, size=(w, h)))
        images[place] = pixels.permute(2, 0, 1) / 255.0
        poses[place] = torch.from_numpy(scene.views[index].camera_to_world)
    k = torch.tensor([[camera.fl_x, 0, camera.cx], [0, camera.fl_y, camera.cy], [0, 0, 1]])
    return SceneViews(images, k, poses, _masks(scene, indices, (w, h)) if with_masks else None, tuple(indices))


def _masks(scene: Scene, indices: Sequence[int], size: tuple[int, int]) -> Bool[Tensor, "views objects h w"] | None:
    paths = [[found.mask_paths[index] for found in scene.objects] for index in indices]
    masks = torch.zeros(len(indices), len(scene.objects), size[1], size[0], dtype=torch.bool)
    for view, number in np.ndindex(masks.shape[:2]):
        path = paths[view][number]
        if path is None:
            return None
        masks[view, number] = torch.from_numpy(read_object_mask(path, size))
    return masks if scene.objects else None


def _bounds(bounds: Float[np.ndarray, "2 3"] | None) -> Float[Tensor, "2 3"]:
    return torch.full((2, 3), float("nan")) if bounds is None else torch.from_numpy(bounds).float()


@lru_cache(maxsize=KEPT_SCENES)
def _read_once(root: Path) -> Scene:
    return read_scene(root)
