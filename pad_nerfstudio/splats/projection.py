"""From Gaussians in the world to Gaussians in images: the slow obvious way, in plain torch.

Zwicker et al., "EWA Volume Splatting", 2001: perspective is replaced by its derivative at each centre, under which a
Gaussian stays one. Limits and constants are those of gsplat, so that both can be held against each other.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.rasterization import BLUR, NEAR

BEYOND = 0.3
"""Centres outside of the image by more than this share of half its width are linearised as if they lay there."""
SIGMAS = 3.0
"""A splat reaches that many standard deviations."""


@dataclass(frozen=True, eq=False)
class Projected:
    """Gaussians as `c` cameras see them."""

    means: Float[Tensor, "c n 2"]
    """Centres in pixels (x right, y down), pixel centres at half-integers."""
    conics: Float[Tensor, "c n 3"]
    """The inverse covariance: xx, xy and yy, in 1 / square pixels."""
    depths: Float[Tensor, "c n"]
    """Depth of the centres along the viewing axis."""
    radii: Int[Tensor, "c n"]
    """Reach in pixels; 0 for what the camera does not see."""
    compensation: Float[Tensor, "c n"]
    """Share of the opacity that is left where the added blur spreads it."""


def world_to_camera(camera_to_world: Float[Tensor, "c rows 4"]) -> Float[Tensor, "c 4 4"]:
    """OpenCV view matrices (x right, y down, z forward) of poses with OpenGL axes; differentiable."""
    axes = camera_to_world[:, :3, :3] * camera_to_world.new_tensor([1.0, -1.0, -1.0])
    rotation = axes.transpose(1, 2)
    translation = -rotation @ camera_to_world[:, :3, 3:4]
    last = camera_to_world.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(len(rotation), 1, 4)
    return torch.cat([torch.cat([rotation, translation], dim=2), last], dim=1)


def intrinsics(cameras: PinholeStack) -> Float[Tensor, "c 3 3"]:
    """Camera matrices."""
    (fx, fy), (cx, cy) = cameras.focal.unbind(-1), cameras.center.unbind(-1)
    zero, one = torch.zeros_like(fx), torch.ones_like(fx)
    return torch.stack([fx, zero, cx, zero, fy, cy, zero, zero, one], dim=-1).view(-1, 3, 3)


def covariances(quaternions: Float[Tensor, "n 4"], scales: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3 3"]:
    """Covariance matrices of Gaussians with standard deviations `scales` along rotated axes."""
    w, x, y, z = torch.nn.functional.normalize(quaternions, dim=-1).unbind(-1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    axes = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2) * scales[:, None, :]
    return axes @ axes.transpose(1, 2)


def project(gaussians: Gaussians, cameras: PinholeStack) -> Projected:
    """Project every Gaussian into every camera."""
    view = world_to_camera(cameras.camera_to_world)
    turn = view[:, None, :3, :3]
    points = torch.einsum("cij,nj->cni", view[:, :3, :3], gaussians.means) + view[:, None, :3, 3]
    spread = turn @ covariances(gaussians.quaternions, gaussians.scales) @ turn.transpose(-1, -2)

    depth = points[..., 2]
    seen = depth > NEAR
    z = torch.where(seen, depth, torch.ones_like(depth))
    slope = points[..., :2] / z[..., None]
    focal, center = cameras.focal[:, None], cameras.center[:, None]
    means = slope * focal + center

    size = torch.tensor([cameras.width, cameras.height]).to(focal)
    margin = BEYOND * 0.5 * size / focal
    slope = torch.maximum(torch.minimum(slope, (size - center) / focal + margin), -center / focal - margin)
    zero = torch.zeros_like(z)
    fx, fy = (focal / z[..., None]).unbind(-1)
    jacobian = torch.stack([fx, zero, -fx * slope[..., 0], zero, fy, -fy * slope[..., 1]], dim=-1)
    jacobian = jacobian.view(*z.shape, 2, 3)
    flat = jacobian @ spread @ jacobian.transpose(-1, -2)

    xx, xy, yy = flat[..., 0, 0], 0.5 * (flat[..., 0, 1] + flat[..., 1, 0]), flat[..., 1, 1]
    sharp = xx * yy - xy * xy
    xx, yy = xx + BLUR, yy + BLUR
    area = (xx * yy - xy * xy).clamp_min(1e-10)
    conics = torch.stack([yy, -xy, xx], dim=-1) / area[..., None]
    compensation = (sharp / area).clamp_min(1e-12).sqrt()

    half = 0.5 * (xx + yy)
    reach = (SIGMAS * (half + (half * half - area).clamp_min(0.01).sqrt()).sqrt()).ceil().detach()
    inside = ((means + reach[..., None] > 0) & (means - reach[..., None] < size)).all(-1)
    return Projected(means, conics, depth, (reach * (seen & inside)).int(), compensation)
