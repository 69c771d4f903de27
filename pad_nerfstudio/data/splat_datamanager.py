"""Whole training photos, as methods want them that render whole pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from nerfstudio.data.datamanagers.full_images_datamanager import FullImageDatamanager, FullImageDatamanagerConfig
from nerfstudio.data.datasets.base_dataset import InputDataset

from pad_nerfstudio.data.object_pixels import Photo
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.data.training_photos import told_of_object, training_photos
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
    """Keeps all training photos as bytes on the device, with what they tell of where the object is.

    One that has no mask among others with one is left out.
    """

    config: SplatDataManagerConfig

    def setup_train(self) -> None:
        """Read the training photos and find the object in them."""
        with told_in_one_sentence():
            if self.train_dataset.metadata.get("surroundings", False):
                raise UserError(
                    f"{self.config.data}: pad-splat is for photos of one object before a plain background; "
                    "train a scene with pad-nerf"
                )
            photos = training_photos(self.train_dataset)
            _check_one_size(photos, self.config.data)
        found = told_of_object(self.train_dataset, photos)
        assert found.silhouettes is not None  # told before a background of one colour
        self.background = found.background
        self.images = torch.stack([photo.rgb for photo in photos]).to(self.device)
        self.silhouettes = torch.stack(found.silhouettes).to(self.device)
        self.solid, self.opacity, self.seen = (
            None if told is None else torch.stack(told).to(self.device)
            for told in (found.solid, found.opacity, found.seen)
        )
        shown = (
            range(len(photos)) if found.seen is None else [n for n, seen in enumerate(found.seen) if bool(seen.any())]
        )
        self._shown = torch.tensor(list(shown))
        self.rays = PinholeStack.from_cameras(self.train_dataset.cameras).to(self.device)
        self._draw = torch.Generator().manual_seed(self.config.seed)
        self._to_come: list[int] = []

    def next_train(self, step: int) -> tuple[PinholeStack, dict[str, Any]]:  # pyright: ignore
        """Cameras and their photos in [0, 1], with what photos tell: which pixels are near the object (`near`), surely
        on it (`solid`) or covered by it (`opacity`, in [0, 1]), and which they show at all (`seen`)."""
        self.train_count += 1
        chosen = [self._next() for _ in range(self.config.images_per_step)]
        batch = {"image": self.images[chosen] / 255.0, "near": self.silhouettes[chosen]}
        if self.solid is not None:
            batch["solid"] = self.solid[chosen]
        if self.opacity is not None:
            batch["opacity"] = self.opacity[chosen] / 255.0
        if self.seen is not None:
            batch["seen"] = self.seen[chosen]
        return self.rays.some(chosen), batch

    def _next(self) -> int:
        if not self._to_come:
            self._to_come = self._shown[torch.randperm(len(self._shown), generator=self._draw)].tolist()
        return self._to_come.pop()

    def get_train_rays_per_batch(self) -> int:
        """How many pixels a step."""
        return self.config.images_per_step * self.rays.width * self.rays.height


def _check_one_size(photos: Sequence[Photo], data: Path | None) -> None:
    sizes = {f"{photo.rgb.shape[1]}x{photo.rgb.shape[0]}" for photo in photos}
    if len(sizes) > 1:
        shown = ", ".join(sorted(sizes)[:3])
        raise UserError(f"{data}: training images of several sizes ({shown}); resize them to one, or train pad-nerf")
