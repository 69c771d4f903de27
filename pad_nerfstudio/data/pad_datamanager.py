"""Training rays drawn from all photos at once, with an eye on the object."""

from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from nerfstudio.cameras.rays import RayBundle
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManager, VanillaDataManagerConfig
from nerfstudio.data.datasets.base_dataset import InputDataset
from torch import Tensor

from pad_nerfstudio.data.object_pixel_sampler import ObjectPixelSampler
from pad_nerfstudio.data.pixel_rays import PinholeStack
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
    seed: int = 42
    """Seed of the draws."""


def border_pixels(images: UInt8[Tensor, "n h w 3"]) -> UInt8[Tensor, "m 3"]:
    """The outermost pixels of all images; those in the corners count twice."""
    sides = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return torch.cat([side.reshape(-1, 3) for side in sides])


def border_color(images: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, " 3"]:
    """The median colour of the outermost pixels of all images, in [0, 1]."""
    return border_pixels(images).median(0).values / 255.0


def differs_from(
    background: Float[np.ndarray, " 3"], image: UInt8[np.ndarray, "h w 3"], tolerance: float
) -> UInt8[np.ndarray, "h w"]:
    """1 where a channel is more than `tolerance` of 255 levels off the background, else 0; OpenCV takes no booleans."""
    return (np.abs(image - background * 255.0).max(-1) > tolerance).astype(np.uint8)


def near_object(
    image: UInt8[np.ndarray, "h w 3"], background: Float[np.ndarray, " 3"], tolerance: float = 6.0
) -> Bool[np.ndarray, "h w"]:
    """Pixels that differ from the background or lie within a fiftieth of the width of one that does."""
    differs = differs_from(background, image, tolerance)
    reach = max(3, image.shape[1] // 50)
    return cv2.dilate(differs, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0


def border_is_plain(
    images: UInt8[Tensor, "n h w 3"], background: Float[Tensor, " 3"], tolerance: float = 6.0, share: float = 0.9
) -> bool:
    """Whether nearly all outermost pixels have the background's colour: else pixels do not tell what is object."""
    plain = (border_pixels(images) - background * 255.0).abs().amax(dim=-1) <= tolerance
    return bool(plain.float().mean() >= share)


def surely_object(
    image: UInt8[np.ndarray, "h w 3"], background: Float[np.ndarray, " 3"], tolerance: float = 2.0
) -> Bool[np.ndarray, "h w"]:
    """Pixels that differ from the background together with all their neighbours: no light of it reaches them."""
    differs = differs_from(background, image, tolerance)
    return cv2.erode(differs, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0


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
        images = [torch.from_numpy(self._rgb(i)) for i in range(len(self.train_dataset))]
        sizes = {f"{image.shape[1]}x{image.shape[0]}" for image in images}
        with told_in_one_sentence():
            if len(sizes) > 1:
                shown = ", ".join(sorted(sizes)[:3])
                raise UserError(f"{self.config.data}: training images of several sizes ({shown}); resize them to one")
        self.images = torch.stack(images)
        surroundings = self.train_dataset.metadata.get("surroundings", False)
        self.background = border_color(self.images)
        self.silhouettes, self.solid = (None, None) if surroundings else self._object_pixels()
        self.images = self.images.view(-1, 3).to(self.device)
        nowhere = torch.zeros(0, dtype=torch.long)
        self.sampler = ObjectPixelSampler(
            object_pixels=nowhere if self.silhouettes is None else self.silhouettes.view(-1).nonzero()[:, 0].cpu(),
            count=len(self.images),
            object_share=self.config.object_share,
            num_rays_per_batch=self.config.train_num_rays_per_batch,
            generator=torch.Generator().manual_seed(self.config.seed),
        )
        # Nerfstudio's exporters ask for larger batches by this name
        self.train_pixel_sampler = self.sampler  # type: ignore[assignment]
        self.rays = PinholeStack.from_cameras(self.train_dataset.cameras).to(self.device)
        self.sampler = self.train_pixel_sampler = self.sampler.to(self.device)  # type: ignore[assignment]

    def _object_pixels(self) -> tuple[Bool[Tensor, "n h w"], Bool[Tensor, " pixels"] | None]:
        """Pixels on or near the object, and those surely on it, which only a plain background tells."""
        background, images = self.background.numpy(), self.images.numpy()
        near = torch.from_numpy(np.stack([near_object(image, background) for image in images]))
        if not border_is_plain(self.images, self.background):
            return near.to(self.device), None
        solid = torch.from_numpy(np.stack([surely_object(image, background) for image in images]))
        return near.to(self.device), solid.view(-1).to(self.device)

    def _rgb(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        image = self.train_dataset.get_image_uint8(index)
        if image.shape[-1] == 3:
            return np.ascontiguousarray(image)
        return (self.train_dataset.get_image_float32(index).numpy() * 255 + 0.5).astype(np.uint8)

    def num_rays(self, step: int) -> int:
        """How many rays step `step` takes."""
        smaller = (rays for until, rays in self.config.warm_up if step < until)
        most = self.sampler.num_rays_per_batch
        return min(next(smaller, most), most)

    def next_train(self, step: int) -> tuple[RayBundle, dict[str, Any]]:
        """A batch of rays, the colours they should see, and which surely end on the object where photos tell it."""
        self.train_count += 1
        pixels = self.sampler.draw(self.num_rays(step)).to(self.device)
        view, y, x = self.rays.split(pixels)
        origins, directions = self.rays(view, x + 0.5, y + 0.5)
        nothing = torch.zeros_like(origins[:, :1])
        bundle = RayBundle(origins, directions, pixel_area=nothing, camera_indices=view[:, None])
        batch = {"image": self.images[pixels] / 255.0}
        return bundle, batch if self.solid is None else {**batch, "solid": self.solid[pixels]}

    def get_train_rays_per_batch(self) -> int:
        """How many rays a step."""
        return self.config.train_num_rays_per_batch
