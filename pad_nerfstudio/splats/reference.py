"""A rasteriser of Gaussians in plain torch: slow and obvious, for tests and small pictures on any device.

Kerbl et al. 2023, section 4: splats are projected, sorted by the depth of their centres and composited front to back.
Thresholds are those of gsplat, except that a splat does not end at `SIGMAS` of its deviations.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.fields.spherical_harmonics import C0, num_coefficients, sh_basis
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.projection import Projected, project
from pad_nerfstudio.splats.rasterization import Rasterized

LEAST_ALPHA = 1 / 255
"""What is fainter at a pixel is left out there."""
MOST_ALPHA = 0.999
"""Nothing is more opaque at a pixel."""
LEAST_TRANSMITTANCE = 1e-4
"""A pixel is finished before what would leave less light than this."""
AT_ONCE = 1 << 22
"""Pairs of splat and pixel that are computed together: what bounds the memory without gradients."""


def rasterize(gaussians: Gaussians, cameras: PinholeStack, degree: int, compensate: bool) -> Rasterized:
    """Render each camera after the other; see `Rasterizer`."""
    projected = project(gaussians, cameras)
    colors = shaded(gaussians, cameras.camera_to_world[:, :3, 3], degree)
    faces = torch.cat([colors, projected.depths[..., None]], dim=-1)
    opacities = gaussians.opacities.expand(projected.depths.shape)
    if compensate:
        opacities = opacities * projected.compensation
    views = [
        composite(projected, faces[one], opacities[one], one, cameras.width, cameras.height)
        for one in range(len(cameras.focal))
    ]
    values, opacity = (torch.stack(parts) for parts in zip(*views, strict=True))
    depth = values[..., 3] / opacity.clamp_min(1e-10)
    info = {
        "means2d": projected.means,
        "radii": projected.radii,
        "width": cameras.width,
        "height": cameras.height,
        "n_cameras": len(cameras.focal),
        "gaussian_ids": None,
    }
    return Rasterized(values[..., :3], depth, opacity, info)


def shaded(gaussians: Gaussians, centers: Float[Tensor, "c 3"], degree: int) -> Float[Tensor, "c n 3"]:
    """The colour of each splat as seen from each camera centre, at least 0."""
    directions = torch.nn.functional.normalize(gaussians.means - centers[:, None], dim=-1)
    used = gaussians.harmonics[:, : num_coefficients(degree)]
    basis = C0 * sh_basis(degree, directions.reshape(-1, 3)).view(*directions.shape[:2], used.shape[1])
    return (torch.einsum("cnk,nkd->cnd", basis, used) + 0.5).clamp_min(0.0)


def composite(
    projected: Projected,
    values: Float[Tensor, "n d"],
    opacities: Float[Tensor, " n"],
    camera: int,
    width: int,
    height: int,
) -> tuple[Float[Tensor, "h w d"], Float[Tensor, "h w"]]:
    """Composite one camera's splats front to back.

    Args:
        projected: the splats in all cameras
        values: of each splat, to be blended
        opacities: of each splat at its centre
        camera: which camera
        width: of the image in pixels
        height: of the image in pixels

    Returns:
        the sums of values times weight, and of the weights
    """
    visible = projected.radii[camera].nonzero()[:, 0]
    order = visible[projected.depths[camera, visible].detach().argsort(stable=True)]
    means, conics = projected.means[camera, order], projected.conics[camera, order]
    values, opacities = values[order], opacities[order]
    columns, rows = (torch.arange(n, device=means.device) + 0.5 for n in (width, height))
    sums, weights = [], []
    for some in rows.split(max(1, AT_ONCE // max(1, len(order) * width))):
        dx = columns[None, None, :] - means[:, 0, None, None]
        dy = some[None, :, None] - means[:, 1, None, None]
        xx, xy, yy = conics[:, :, None, None].unbind(1)
        exponent = 0.5 * (xx * dx * dx + yy * dy * dy) + xy * dx * dy
        alpha = (opacities[:, None, None] * torch.exp(-exponent)).clamp_max(MOST_ALPHA)
        alpha = alpha * ((exponent >= 0) & (alpha >= LEAST_ALPHA))
        left = torch.cumprod(1 - alpha, dim=0)
        before = torch.cat([torch.ones_like(left[:1]), left[:-1]])
        weight = alpha * before * (left > LEAST_TRANSMITTANCE)
        sums.append(torch.einsum("nhw,nd->hwd", weight, values))
        weights.append(weight.sum(0))
    return torch.cat(sums), torch.cat(weights)
