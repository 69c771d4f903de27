"""One scene as the network learns from it."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneSample, SceneViews
from pad_nerfstudio.errors import UserError


@dataclass(frozen=True, eq=False)
class TrainingScene:
    """Views to look at, views to predict, and a teacher's features of both."""

    sample: SceneSample
    """Views, boxes and labels."""
    input_features: Float[Tensor, "inputs d a b"] | None
    """What the teacher sees in the inputs, over whole images; None where nothing is distilled."""
    target_features: Float[Tensor, "targets d a b"] | None
    """The same of the targets."""
    draw: int = 0
    """Number of the draw of views and variant; with the scene's name it tells what the network looks at, where draws
    come again."""

    def other_way_round(self) -> "TrainingScene":
        """Targets for inputs and inputs for targets (Bhunia et al., section 4.2: "and vice versa")."""
        swapped = replace(self.sample, inputs=self.sample.targets, targets=self.sample.inputs)
        return TrainingScene(swapped, self.target_features, self.input_features, self.draw)

    def to(self, device: torch.device | str) -> "TrainingScene":
        """A copy on `device`."""
        sample = replace(
            self.sample,
            inputs=views_to(self.sample.inputs, device),
            targets=views_to(self.sample.targets, device),
            boxes=self.sample.boxes.to(device),
            labels=self.sample.labels.to(device),
            poses=self.sample.poses.to(device),
        )
        inputs, targets = (None if f is None else f.to(device) for f in (self.input_features, self.target_features))
        return TrainingScene(sample, inputs, targets, self.draw)


def views_to(views: SceneViews, device: torch.device | str) -> SceneViews:
    """A copy of views on `device`."""
    masks = None if views.masks is None else views.masks.to(device)
    return SceneViews(
        views.images.to(device), views.k.to(device), views.camera_to_world.to(device), masks, views.numbers
    )


def joined_views(first: SceneViews, second: SceneViews) -> SceneViews:
    """Views of one scene in one."""
    both = (first, second)
    masks = [views.masks for views in both if views.masks is not None]
    return SceneViews(
        torch.cat([views.images for views in both]),
        first.k,
        torch.cat([views.camera_to_world for views in both]),
        torch.cat(masks) if len(masks) == len(both) else None,
        first.numbers + second.numbers,
    )


def object_masks(name: str, views: SceneViews) -> Bool[Tensor, "views h w"]:
    """Pixels that show any object.

    Raises:
        UserError: the scene `name` has no masks, or lacks some
    """
    if views.masks is None:
        raise UserError(
            f"scene {name}: not every object has a mask in every view (segmentations/NAME/NAME_0000.png); add them or "
            "leave the scene out of the training split"
        )
    return views.masks.any(dim=1)
