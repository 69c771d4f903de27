"""Whole training photos, as methods want them that render whole pictures."""

from dataclasses import dataclass, field
from typing import Any

import torch
from nerfstudio.data.datamanagers.full_images_datamanager import FullImageDatamanager, FullImageDatamanagerConfig
from nerfstudio.data.datasets.base_dataset import InputDataset

from pad_nerfstudio.data.pad_datamanager import border_color, object_pixels, training_images
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError, told_in_one_sentence


@dataclass
class SplatDataManagerConfig(FullImageDatamanagerConfig):
    """Gives whole training photos, each once before any comes again."""

    _target: type = field(default_factory=lambda: SplatDataManager)
    """Target class to instantiate."""
    images_per_step: int = 1
    """Photos a step; they are rendered together."""
    seed: int = 42
    """Seed of their order."""


class SplatDataManager(FullImageDatamanager[InputDataset]):
    """Keeps all training photos as bytes on the device, with what they tell of where the object is."""

    config: SplatDataManagerConfig

    def setup_train(self) -> None:
        """Read the training photos and find the object in them."""
        with told_in_one_sentence():
            if self.train_dataset.metadata.get("surroundings", False):
                raise UserError(
                    f"{self.config.data}: pad-splat is for photos of one object before a plain background; "
                    "train a scene with pad-nerf"
                )
            images = training_images(self.train_dataset, self.config.data)
        self.background = border_color(images)
        near, solid = object_pixels(images, self.background)
        self.images, self.silhouettes = images.to(self.device), near.to(self.device)
        self.solid = None if solid is None else solid.to(self.device)
        self.rays = PinholeStack.from_cameras(self.train_dataset.cameras).to(self.device)
        self._draw = torch.Generator().manual_seed(self.config.seed)
        self._to_come: list[int] = []

    def next_train(self, step: int) -> tuple[PinholeStack, dict[str, Any]]:  # pyright: ignore
        """Cameras and their photos in [0, 1], with the pixels near the object and surely on it where photos tell."""
        self.train_count += 1
        chosen = [self._next() for _ in range(self.config.images_per_step)]
        batch = {"image": self.images[chosen] / 255.0, "near": self.silhouettes[chosen]}
        if self.solid is not None:
            batch["solid"] = self.solid[chosen]
        return self.rays.some(chosen), batch

    def _next(self) -> int:
        if not self._to_come:
            self._to_come = torch.randperm(len(self.images), generator=self._draw).tolist()
        return self._to_come.pop()

    def get_train_rays_per_batch(self) -> int:
        """How many pixels a step."""
        return self.config.images_per_step * self.rays.width * self.rays.height
