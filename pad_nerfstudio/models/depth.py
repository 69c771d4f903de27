"""One meaning of depth for all models."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole


def ray_lengths_per_depth(camera: Pinhole, device: torch.device | str = "cpu") -> Float[Tensor, "h w"]:
    """How much longer the ray to each pixel's centre is than its reach along the viewing axis; at least 1."""
    x = (torch.arange(camera.w, device=device) + 0.5 - camera.cx) / camera.fl_x
    y = (torch.arange(camera.h, device=device) + 0.5 - camera.cy) / camera.fl_y
    return torch.sqrt(1 + x[None, :] ** 2 + y[:, None] ** 2)


def gives_z_depth(model: Any) -> bool:
    """Whether a Nerfstudio model's depth is that along the viewing axis: splats; others give distance along the ray."""
    from nerfstudio.models.splatfacto import SplatfactoModel

    return isinstance(model, SplatfactoModel)


def z_depth(depth: Float[Tensor, "h w"], camera: Pinhole, along_ray: bool) -> Float[Tensor, "h w"]:
    """Depth along the viewing axis, from depth along each ray (nerfacto) or depth that is z already (splatfacto)."""
    return depth / ray_lengths_per_depth(camera, depth.device) if along_ray else depth
