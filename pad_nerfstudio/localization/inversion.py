"""Gradient inversion of a field, as in iNeRF.

Yen-Chen et al., "iNeRF: Inverting Neural Radiance Fields for Pose Estimation", IROS 2021.

The camera is moved by back-propagation of the photometric error through the field, with rays from interest regions
(section III-B of the paper). Kept as published, with the numbers of the PAD benchmark, to be measured against.
SplatPose (Kruse et al., "SplatPose & Detect", CVPR Workshops 2024) differs by its loss, see `ImageLoss`.
"""

import math
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.target import Target, make_target
from pad_nerfstudio.models.rendering import DifferentiableRasterizer, DifferentiableRenderer, Renderer
from pad_nerfstudio.splats.losses import l1_dssim

SMALLEST = 24
"""Longer side in pixels below which an image is not reduced: SSIM's window must fit into it."""


@dataclass
class InversionConfig:
    """How the camera is optimised."""

    steps: int = 300
    """Optimisation steps."""
    learning_rate: float = 0.01
    """Learning rate of Adam, on the twist of the camera in world axes (radians and world units)."""
    decay: float = 0.8
    """Factor on the learning rate every 100 steps, applied smoothly."""
    rays: int = 3072
    """Rays a step, drawn without repetition from the interest regions."""
    kernel: int = 5
    """Side of the square by which interest points are dilated, in pixels."""
    dilations: int = 3
    """How many times they are dilated."""
    loss: Literal["l2", "l1-ssim"] = "l2"
    """Squared error at rays from interest regions (iNeRF), or 0.8 L1 + 0.2 (1 - SSIM) over the whole object
    (SplatPose); where rays are traced, at the size at which it has as many pixels as rays are allowed."""
    seed: int = 0
    """Seed of the choice of rays."""


def interest_pixels(image: Float[Tensor, "h w 3"], kernel: int = 5, dilations: int = 3) -> Float[Tensor, "n 2"]:
    """Pixel centres (x, y) near interest points (SIFT) of an image; all pixels where it has no such points.

    Args:
        image: colour in [0, 1]
        kernel: side of the square by which points are dilated, in pixels
        dilations: how many times they are dilated
    """
    pixels = (image.cpu().numpy() * 255).round().clip(0, 255).astype(np.uint8)
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    region = np.zeros(gray.shape, dtype=np.uint8)
    for point in cv2.SIFT.create().detect(gray, None):
        x, y = point.pt
        region[min(max(round(y), 0), gray.shape[0] - 1), min(max(round(x), 0), gray.shape[1] - 1)] = 1
    region = cv2.dilate(region, np.ones((kernel, kernel), np.uint8), iterations=dilations)
    if not region.any():
        region[:] = 1
    rows, columns = np.nonzero(region)
    return torch.from_numpy(np.stack([columns + 0.5, rows + 0.5], axis=-1)).float()


class RayLoss:
    """iNeRF's: squared error at rays drawn anew for every call from the interest regions of the query."""

    def __init__(
        self, field: DifferentiableRenderer, query: Float[Tensor, "h w 3"], camera: Pinhole, config: InversionConfig
    ):
        self._field, self._camera, self._rays = field, camera, config.rays
        self._generator = torch.Generator().manual_seed(config.seed)
        self._pixels = interest_pixels(query, config.kernel, config.dilations)
        columns, rows = self._pixels[:, 0].long(), self._pixels[:, 1].long()
        self._colours = query[rows, columns]

    def __call__(self, camera_to_world: Float[Tensor, "4 4"]) -> Float[Tensor, ""]:
        """The loss at a pose, differentiable in it."""
        chosen = torch.randperm(len(self._pixels), generator=self._generator)[: self._rays]
        rendered = self._field.render_pixels(camera_to_world, self._camera, self._pixels[chosen])
        return torch.nn.functional.mse_loss(rendered, self._colours[chosen].to(rendered))


class ImageLoss:
    """SplatPose's: 0.8 L1 + 0.2 (1 - SSIM), with SSIM's usual 11 x 11 window (sigma 1.5).

    SSIM needs neighbouring pixels, so scattered rays will not do. A rasteriser renders the window around the query's
    object at full size at every step; where rays are traced every one costs, and the window is rendered at the size at
    which it has no more pixels than `InversionConfig.rays`. Patches of the full-size photo would keep its detail, but
    each sees too little of the object to say how the whole is turned, and where the start is degrees off they share
    nothing with the query.
    """

    def __init__(
        self, field: DifferentiableRenderer, query: Float[Tensor, "h w 3"], camera: Pinhole, config: InversionConfig
    ):
        self._field = field
        full = make_target(query, camera, max(camera.w, camera.h), 0.0)
        self._whole = getattr(field, "rasterizes", False)
        target = full if self._whole else _reduced(query, camera, full, config.rays)
        self.camera = target.camera
        """Of the window that is rendered at every step."""
        self._rgb = target.rgb
        ys, xs = torch.meshgrid(torch.arange(self.camera.h), torch.arange(self.camera.w), indexing="ij")
        self._pixels = torch.stack([xs, ys], dim=-1).reshape(-1, 2) + 0.5

    def __call__(self, camera_to_world: Float[Tensor, "4 4"]) -> Float[Tensor, ""]:
        """The loss at a pose, differentiable in it."""
        if self._whole:
            field = cast(DifferentiableRasterizer, self._field)
            rendered = field.render_images(PinholeStack.of(self.camera, camera_to_world[None]))
        else:
            colours = self._field.render_pixels(camera_to_world, self.camera, self._pixels)
            rendered = colours.view(1, self.camera.h, self.camera.w, 3)
        return l1_dssim(rendered, self._rgb[None].to(rendered))


def _reduced(query: Float[Tensor, "h w 3"], camera: Pinhole, full: Target, pixels: int) -> Target:
    """The window of `full` at the size at which it has at most so many pixels."""
    scale = min(1.0, math.sqrt(pixels / (full.camera.w * full.camera.h)))
    # Margins are whole pixels, so the small window may be a little larger than its share.
    size = max(SMALLEST, int(scale * max(camera.w, camera.h)))
    target = make_target(query, camera, size, 0.0)
    while target.camera.w * target.camera.h > pixels and size > SMALLEST:
        size -= 1
        target = make_target(query, camera, size, 0.0)
    return target


def invert(
    renderer: Renderer,
    query: Float[Tensor, "h w 3"],
    camera: Pinhole,
    start: Float[Tensor, "4 4"],
    config: InversionConfig | None = None,
) -> Float[Tensor, "4 4"]:
    """Refine a camera by gradient descent through the field.

    Args:
        renderer: a field with `render_pixels`
        query: colour in [0, 1]
        camera: its intrinsics
        start: first guess, OpenGL axes, world frame
        config: options

    Returns:
        the pose after the last step, float64

    Raises:
        UserError: the field's rendering carries no gradients to the camera
    """
    config = config or InversionConfig()
    if not getattr(renderer, "differentiable", hasattr(renderer, "render_pixels")):
        raise UserError(
            f"{getattr(renderer, 'method', 'this method')} is not differentiable in the camera: use --refine direct"
        )
    field = cast(DifferentiableRenderer, renderer)
    loss_at = (ImageLoss if config.loss == "l1-ssim" else RayLoss)(field, query, camera, config)
    start = start.double()
    twist = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([twist], lr=config.learning_rate, betas=(0.9, 0.999))
    for step in range(config.steps):
        loss = loss_at(se3.exp(twist) @ start)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * config.decay ** ((step + 1) / 100)
    return se3.orthonormalised(se3.exp(twist.detach()) @ start)
