"""Gradient inversion of a field, as in iNeRF.

Yen-Chen et al., "iNeRF: Inverting Neural Radiance Fields for Pose Estimation", IROS 2021.

The camera is moved by back-propagation of the photometric error through the field, with rays from interest regions
(section III-B of the paper). Kept as published, with the numbers of the PAD benchmark, to be measured against.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization import se3
from pad_nerfstudio.models.rendering import DifferentiableRenderer, Renderer


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
    generator = torch.Generator().manual_seed(config.seed)
    pixels = interest_pixels(query, config.kernel, config.dilations)
    columns, rows = pixels[:, 0].long(), pixels[:, 1].long()
    colours = query[rows, columns]
    start = start.double()
    twist = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([twist], lr=config.learning_rate, betas=(0.9, 0.999))
    for step in range(config.steps):
        chosen = torch.randperm(len(pixels), generator=generator)[: config.rays]
        rendered = field.render_pixels(se3.exp(twist) @ start, camera, pixels[chosen])
        loss = torch.nn.functional.mse_loss(rendered, colours[chosen].to(rendered))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * config.decay ** ((step + 1) / 100)
    return se3.orthonormalised(se3.exp(twist.detach()) @ start)
