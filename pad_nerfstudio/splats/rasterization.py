"""What a rasteriser of Gaussians is, and which one renders where."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.splats.gaussians import Gaussians

RasterizerName = Literal["gsplat", "reference"]
NEAR = 0.01
"""Depth from which on splats are drawn, in Nerfstudio's units."""
BLUR = 0.3
"""Variance in square pixels that is added to every projected splat, so that none falls between pixels."""


@dataclass(frozen=True, eq=False)
class Rasterized:
    """Views of Gaussians before nothing: no background is in the colour."""

    rgb: Float[Tensor, "c h w 3"]
    """Colour times opacity."""
    depth: Float[Tensor, "c h w"]
    """Mean depth along the viewing axis, weighted like colour; 0 where there is nothing."""
    accumulation: Float[Tensor, "c h w"]
    """Opacity in [0, 1]."""
    info: dict[str, Any] = field(default_factory=dict)
    """What gsplat's strategies read: `means2d`, `radii`, `width`, `height`, `n_cameras`, `gaussian_ids`."""

    def over(self, background: Float[Tensor, "*rest 3"]) -> Float[Tensor, "c h w 3"]:
        """The colour before a background, of one colour or with one for each pixel."""
        return self.rgb + (1 - self.accumulation)[..., None] * background


Rasterizer = Callable[[Gaussians, PinholeStack, int, bool], Rasterized]
"""Gaussians, cameras (OpenGL axes, one size), degree of the harmonics in use and whether to compensate for `BLUR`,
which keeps the look of an object the same at all image sizes (Yu et al., "Mip-Splatting", CVPR 2024). Differentiable in
the Gaussians and in the poses of the cameras."""


def choose_rasterizer(name: RasterizerName) -> Rasterizer:
    """The rasteriser of that name; gsplat's extension is neither loaded nor built before it renders."""
    if name == "reference":
        from pad_nerfstudio.splats.reference import rasterize

        return rasterize
    from pad_nerfstudio.splats.gsplat_rasterizer import rasterize

    return rasterize


def check_rasterizer(name: RasterizerName, device: torch.device | str) -> None:
    """Whether splats can be rendered here; asked before anything is read.

    Raises:
        UserError: gsplat is asked for and there is no CUDA device, or its kernels can be neither loaded nor built
    """
    if name == "reference":
        return
    if not torch.cuda.is_available() or torch.device(device).type != "cuda":
        reason = "is told to run on the CPU" if torch.cuda.is_available() else "this machine has no usable CUDA device"
        raise UserError(f"pad-splat renders with CUDA only and {reason}: use pad-nerf, which is made for CPUs, instead")
    from gsplat.cuda import _backend  # loads its kernels, or builds them

    if getattr(_backend, "_C", None) is None:
        raise UserError(
            "pad-splat needs the CUDA kernels of gsplat, which are not built and cannot be for want of nvcc: "
            "install the CUDA toolkit or a prebuilt gsplat, or use pad-nerf"
        )
