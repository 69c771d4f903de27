"""Variants of a scene that are as good to learn from: mirrored, turned, stretched, moved, in other colours."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.object_boxes import box_corners
from pad_nerfstudio.odd_one_out.learned.training_scene import TrainingScene


@dataclass
class AugmentationOptions:
    """What is drawn anew for every scene of a step."""

    mirror: float = 0.5
    """Chance that a scene is mirrored, images and all."""
    turn: float = 180.0
    """Turned about the vertical by up to that many degrees."""
    scale: float = 1.0
    """Made larger by up to this factor."""
    stretch: float = 1.0
    """Made longer or shorter along x, y and z by up to this factor each, to make many shapes of few: images stay,
    cameras are rigid no longer."""
    shift: float = 0.2
    """Moved over the floor by up to this much along x and along y, in the units of the scene, after scaling."""
    brightness: float = 0.0
    """Brightness of all views changed by up to this share."""
    tint: float = 0.0
    """Brightness of each colour channel of all views changed by up to this share."""
    recolor: float = 0.0
    """Chance that red, green and blue change places; the teacher, who knows the true colours, is silent then."""


@dataclass(frozen=True)
class Motion:
    """A change of the world: a mirror image in x and a stretch, then a turn about z, then a scale, then a shift."""

    mirror: bool
    """Whether x is turned round first."""
    angle: float
    """Radians."""
    scale: float
    """Factor."""
    shift: tuple[float, float]
    """Along x and y, in the units of the world."""
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factors along x, y and z, before the turn; a similarity where they are one."""

    def linear(self) -> Float[Tensor, "3 3"]:
        """The part without scale and shift; its determinant is below 0 where the scene is mirrored."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        turn = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        x, y, z = self.stretch
        return turn @ torch.diag(torch.tensor([-x if self.mirror else x, y, z]))

    def points(self, points: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3"]:
        """World points where they are afterwards."""
        return self.scale * (points @ self.linear().to(points).T) + torch.tensor([*self.shift, 0.0]).to(points)


def moved_views(views: SceneViews, motion: Motion) -> SceneViews:
    """Views of the moved scene.

    A mirrored scene looks like the mirrored image, taken by a camera whose own x axis is turned round as well. A
    stretched scene looks the same to a camera that is stretched with it, whose axes then are not orthonormal.
    """
    pose = views.camera_to_world.clone()
    pose[:, :3, 3] = motion.points(pose[:, :3, 3])
    pose[:, :3, :3] = motion.linear().to(pose) @ pose[:, :3, :3]
    if not motion.mirror:
        return replace(views, camera_to_world=pose)
    pose[:, :3, 0] *= -1
    k = views.k.clone()
    k[0, 2] = views.images.shape[-1] - k[0, 2]
    masks = None if views.masks is None else views.masks.flip(-1)
    return SceneViews(views.images.flip(-1), k, pose, masks, views.numbers)


def moved_boxes(boxes: Float[Tensor, "n 2 3"], motion: Motion) -> Float[Tensor, "n 2 3"]:
    """Boxes along the axes that hold the moved ones; looser where the turn is no right angle."""
    corners = motion.points(box_corners(boxes))
    return torch.stack([corners.amin(dim=1), corners.amax(dim=1)], dim=1)


def moved_poses(poses: Float[Tensor, "n 3 4"], motion: Motion) -> Float[Tensor, "n 3 4"]:
    """Maps into the world that afterwards lead into the moved one; affine, as stretches are."""
    axes = motion.scale * motion.linear().to(poses) @ poses[:, :, :3]
    return torch.cat([axes, motion.points(poses[:, :, 3])[..., None]], dim=-1)


def augmented(scene: TrainingScene, options: AugmentationOptions, random: np.random.Generator) -> TrainingScene:
    """A random variant of a scene; all of its views are changed alike."""
    angle, shift = math.radians(options.turn), (options.shift, options.shift)
    motion = Motion(
        mirror=bool(random.random() < options.mirror),
        angle=float(random.uniform(-angle, angle)),
        scale=float(random.uniform(1.0, options.scale)),
        shift=(float(random.uniform(-shift[0], shift[0])), float(random.uniform(-shift[1], shift[1]))),
        stretch=_stretch(options.stretch, random),
    )
    channels = 1 + options.tint * random.uniform(-1, 1, 3)
    light = torch.from_numpy(channels * (1 + options.brightness * random.uniform(-1, 1))).float()[:, None, None]
    recolored = bool(random.random() < options.recolor)
    order = random.permutation(3) if recolored else np.arange(3)
    inputs, targets = (
        replace(views, images=(views.images[:, order] * light).clamp(0, 1))
        for views in (moved_views(scene.sample.inputs, motion), moved_views(scene.sample.targets, motion))
    )
    features = [
        f.flip(-1) if f is not None and motion.mirror else f
        for f in ((None, None) if recolored else (scene.input_features, scene.target_features))
    ]
    boxes, poses = moved_boxes(scene.sample.boxes, motion), moved_poses(scene.sample.poses, motion)
    sample = replace(scene.sample, inputs=inputs, targets=targets, boxes=boxes, poses=poses)
    return TrainingScene(sample, features[0], features[1], scene.draw)


def _stretch(most: float, random: np.random.Generator) -> tuple[float, float, float]:
    """Factors from 1 / most to most, of which both directions are as likely."""
    reach = math.log(most)
    x, y, z = np.exp(random.uniform(-reach, reach, 3)) if reach else (1.0, 1.0, 1.0)
    return float(x), float(y), float(z)
