"""Training rays drawn from all photos at once, with an eye on the object."""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from nerfstudio.cameras.rays import RayBundle
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManager, VanillaDataManagerConfig
from nerfstudio.data.datasets.base_dataset import InputDataset

from pad_nerfstudio.data.object_pixel_sampler import ObjectPixelSampler
from pad_nerfstudio.data.object_pixels import Around, pixels_of_all
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.data.training_photos import told_of_object, training_photos
from pad_nerfstudio.errors import UserError, told_in_one_sentence


@dataclass
class PadDataManagerConfig(VanillaDataManagerConfig):
    """Draws pixels uniformly from the object's surroundings and, more rarely, from everywhere."""

    _target: type = field(default_factory=lambda: PadDataManager)
    """Target class to instantiate."""
    train_num_rays_per_batch: int = 8192
    """Rays a step, once the grid is fine."""
    warm_up: tuple[tuple[int, int], ...] = ((200, 2048), (500, 4096))
    """(until step, rays): smaller batches while the grid is coarse and few rays tell it all it can hold."""
    object_share: float = 0.9
    """Share of the rays that go through pixels on or near the object, where the background is of one colour; of scenes
    with surroundings all pixels are alike."""
    background: Around = "plain"
    """What photos without masks show around the object: one colour, or real things, which are then modelled as colours
    by direction beside the field; `auto` lets the photos' borders decide."""
    seed: int = 42
    """Seed of the draws."""


class PadDataManager(VanillaDataManager[InputDataset]):
    """Keeps all training images as bytes and turns random pixels of them into rays."""

    config: PadDataManagerConfig

    def __init__(
        self,
        config: PadDataManagerConfig,
        device: torch.device | str = "cpu",
        test_mode: Literal["test", "val", "inference"] = "val",
        **kwargs: Any,
    ) -> None:
        with told_in_one_sentence():
            if str(device).startswith("cuda") and not torch.cuda.is_available():
                raise UserError(
                    "--machine.device-type cuda: this machine has no usable CUDA device; use --machine.device-type cpu"
                )
        super().__init__(config, device, test_mode, **kwargs)

    def setup_train(self) -> None:
        """Read the training images and index the pixels near the object."""
        photos = training_photos(self.train_dataset)
        found = told_of_object(self.train_dataset, photos, self.config.background)
        if not self.train_dataset.metadata.get("surroundings", False):
            self.train_dataset.metadata["environment"] = found.silhouettes is None
        self.background, self.silhouettes, self.outlines = found.background, found.silhouettes, found.outlines
        self.images = pixels_of_all([photo.rgb for photo in photos]).to(self.device)
        self.solid, self.opacity = (
            None if told is None else pixels_of_all(told).to(self.device) for told in (found.solid, found.opacity)
        )
        seen = None if found.seen is None else pixels_of_all(found.seen)
        near = None if found.silhouettes is None else pixels_of_all(found.silhouettes)
        nowhere = torch.zeros(0, dtype=torch.long)
        sampler = ObjectPixelSampler(
            object_pixels=nowhere if near is None else (near if seen is None else near & seen).nonzero()[:, 0],
            seen_pixels=None if seen is None else seen.nonzero()[:, 0],
            count=len(self.images),
            object_share=self.config.object_share,
            num_rays_per_batch=self.config.train_num_rays_per_batch,
            generator=torch.Generator().manual_seed(self.config.seed),
        )
        # Nerfstudio's exporters ask for larger batches by this name
        self.sampler = self.train_pixel_sampler = sampler.to(self.device)  # type: ignore[assignment]
        self.rays = PinholeStack.from_cameras(self.train_dataset.cameras).to(self.device)

    def num_rays(self, step: int) -> int:
        """How many rays step `step` takes."""
        smaller = (rays for until, rays in self.config.warm_up if step < until)
        most = self.sampler.num_rays_per_batch
        return min(next(smaller, most), most)

    def next_train(self, step: int) -> tuple[RayBundle, dict[str, Any]]:
        """A batch of rays, the colours they should see, and what photos tell of whether they end on the object."""
        self.train_count += 1
        pixels = self.sampler.draw(self.num_rays(step))
        view, y, x = self.rays.split(pixels)
        origins, directions = self.rays(view, x + 0.5, y + 0.5)
        nothing = torch.zeros_like(origins[:, :1])
        bundle = RayBundle(origins, directions, pixel_area=nothing, camera_indices=view[:, None])
        batch = {"image": self.images[pixels] / 255.0}
        if self.solid is not None:
            batch["solid"] = self.solid[pixels]
        if self.opacity is not None:
            batch["opacity"] = self.opacity[pixels] / 255.0
        return bundle, batch

    def get_train_rays_per_batch(self) -> int:
        """How many rays a step."""
        return self.config.train_num_rays_per_batch
