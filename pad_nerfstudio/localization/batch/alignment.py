"""Direct alignment of several surfaces at once: one normal system each, all solved together.

The twin of `localization.alignment`. Surfaces keep the shape of their pictures, with a mask, so that nothing depends on
how many pixels one has and nothing has to wait for the host.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import fill_depth
from pad_nerfstudio.localization.batch.pictures import gradient_all, masked_median
from pad_nerfstudio.localization.batch.targets import TargetBatch
from pad_nerfstudio.localization.jacobian import projection_jacobian
from pad_nerfstudio.models.rendering import RenderingBatch

UNIT = Pinhole(1.0, 1.0, 0.0, 0.0, 1, 1)
"""Its pixels are slopes: what it sees, times a focal length, is what another camera sees about its principal point."""
FEWEST = 6
"""Points from which a motion is told."""


@dataclass(frozen=True, eq=False)
class SurfaceBatch:
    """The coloured surface points of several renderings, in the coordinates of their cameras; see `Surface`."""

    points: Float[Tensor, "b n 3"]
    """Positions, world units, OpenGL axes."""
    colours: Float[Tensor, "b n 3"]
    """Smoothed colour in [0, 1]."""
    gradients: Float[Tensor, "b n 3 2"]
    """Derivative of the smoothed rendering along image x and y, per pixel."""
    known: Bool[Tensor, "b n"]
    """Which of the pixels show the surface."""


def make_surfaces(
    rendering: RenderingBatch, smooth: Float[Tensor, "b h w 3"], targets: TargetBatch, dilation: int
) -> SurfaceBatch:
    """The surfaces that renderings show, with a rim of background; see `make_surface`."""
    solid = (rendering.accumulation > 0.5) & targets.inside
    depth, known = fill_depth(rendering.depth, solid, dilation)
    known = torch.where(targets.cluttered[:, None, None], solid, known)  # see `Target.rim`
    h, w = depth.shape[1:]
    ys, xs = torch.meshgrid(torch.arange(h, device=depth.device), torch.arange(w, device=depth.device), indexing="ij")
    slopes = (torch.stack([xs, ys], dim=-1) + 0.5 - targets.center[:, None, None]) / targets.focal[:, None, None]
    x, y = slopes.unbind(-1)
    points = torch.stack([x, -y, -torch.ones_like(x)], dim=-1) * depth[..., None]
    gradients, known = gradient_all(smooth), known & targets.inside
    return SurfaceBatch(points.flatten(1, 2), smooth.flatten(1, 2), gradients.flatten(1, 2), known.flatten(1))


def register_all(surfaces: SurfaceBatch, targets: TargetBatch, floor: float, steps: int) -> Float[Tensor, "b 4 4"]:
    """Move each camera so that its surface falls on its query; see `register`.

    Every system takes all steps; those that are done, or whose step made things worse, stay where they are.

    Returns:
        the motions to multiply to the right of `camera_to_world`, float64
    """
    device = surfaces.points.device
    eye = torch.eye(6, dtype=torch.float64, device=device)
    motion = eye[:4, :4].repeat(len(surfaces.points), 1, 1)
    system = _linearise(surfaces, targets, motion, None, floor)
    damping = torch.full((len(motion),), 1e-3, dtype=torch.float64, device=device)
    active = surfaces.known.sum(1) >= FEWEST
    for _ in range(steps):
        diagonal = torch.diag_embed(system.hessian.diagonal(dim1=1, dim2=2))
        damped = system.hessian + damping[:, None, None] * diagonal + 1e-9 * eye
        twist = torch.linalg.solve_ex(damped, -system.slope)[0]
        trial = motion @ se3.exp(twist)
        attempt = _linearise(surfaces, targets, trial, system.scale, floor)
        better = active & (attempt.cost < system.cost)
        shrink = 1 - attempt.cost / system.cost.clamp_min(1e-30)
        motion = torch.where(better[:, None, None], trial, motion)
        system = _where(better, attempt, system)
        damping = torch.where(better, (damping * 0.2).clamp_min(1e-6), (damping * 10).clamp_min(1e-2))
        active = active & torch.where(better, shrink >= 1e-4, damping <= 1e3)
    return motion


@dataclass(frozen=True, eq=False)
class _Systems:
    """The robust costs at one pose each with their Gauss-Newton approximations."""

    cost: Float[Tensor, " b"]
    scale: Float[Tensor, " b"]
    hessian: Float[Tensor, "b 6 6"]
    slope: Float[Tensor, "b 6"]


def _where(mask: Bool[Tensor, " b"], one: _Systems, other: _Systems) -> _Systems:
    def chosen(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(mask.view(-1, *[1] * (a.ndim - 1)), a, b)

    return _Systems(*(chosen(getattr(one, part.name), getattr(other, part.name)) for part in fields(one)))


def _linearise(
    surfaces: SurfaceBatch,
    targets: TargetBatch,
    motion: Float[Tensor, "b 4 4"],
    scale: Float[Tensor, " b"] | None,
    floor: float,
) -> _Systems:
    back = se3.inverse(motion).to(surfaces.points)
    points = surfaces.points @ back[:, :3, :3].transpose(1, 2) + back[:, None, :3, 3]
    pixels = _projected(points, targets)
    colours, slopes = _sample(targets, pixels)
    inside = surfaces.known & ((pixels > 0.5) & (pixels < targets.size[:, None] - 0.5)).all(-1)
    residual = colours - surfaces.colours
    slopes = 0.5 * (slopes + surfaces.gradients)
    square = (residual * residual).sum(-1)
    if scale is None:
        telling = inside & ((slopes * slopes).sum((-1, -2)) > 1e-4)
        scale = (2.0 * masked_median(square, telling).sqrt()).clamp_min(floor)
    spread = 1 + square / scale[:, None] ** 2
    weight = inside / spread**2
    cost = torch.where(inside, square / spread, torch.zeros_like(square)).sum(1) / inside.sum(1).clamp_min(1)
    jacobian = projection_jacobian(points.flatten(0, 1), UNIT).view(*inside.shape, 2, 6)
    jacobian = torch.where(inside[..., None, None], jacobian * targets.focal[:, None, :, None], 0.0)
    tensor = slopes.transpose(-1, -2) @ slopes * weight[..., None, None]
    pull = slopes.transpose(-1, -2) @ residual[..., None] * weight[..., None, None]
    flat = jacobian.flatten(1, 2).transpose(1, 2)
    hessian = flat @ (tensor @ jacobian).flatten(1, 2)
    slope = (flat @ pull.flatten(1, 2))[..., 0]
    return _Systems(cost, scale, hessian.double(), slope.double())


def _projected(points: Float[Tensor, "b n 3"], targets: TargetBatch) -> Float[Tensor, "b n 2"]:
    """As `project`, to the last bit: where nothing has moved yet, pixels at the rim lie on the edge of being inside."""
    x, y, z = points.unbind(-1)
    (fx, fy), (cx, cy) = targets.focal[..., None].unbind(1), targets.center[..., None].unbind(1)
    return torch.stack([cx + fx * x / -z, cy - fy * y / -z], dim=-1)


def _sample(
    targets: TargetBatch, pixels: Float[Tensor, "b n 2"]
) -> tuple[Float[Tensor, "b n 3"], Float[Tensor, "b n 3 2"]]:
    """The queries' colours and gradients at image points, bilinear."""
    layers = torch.cat([targets.rgb, targets.gradient.flatten(3)], dim=-1).permute(0, 3, 1, 2)
    size = pixels.new_tensor([layers.shape[3], layers.shape[2]])
    grid = (2 * pixels / size - 1)[:, None]
    values = functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)[:, :, 0].transpose(1, 2)
    return values[..., :3], values[..., 3:].unflatten(2, (3, 2))


def pixel_metrics(surfaces: SurfaceBatch, targets: TargetBatch) -> Float[Tensor, "b 6 6"]:
    """The matrices of squared image motion of several surfaces; see `pixel_metric`."""
    flow = projection_jacobian(surfaces.points.flatten(0, 1), UNIT).view(*surfaces.known.shape, 2, 6)
    flow = torch.where(surfaces.known[..., None, None], flow * targets.focal[:, None, :, None], 0.0).flatten(1, 2)
    return (flow.transpose(1, 2) @ flow).double() / surfaces.known.sum(1).clamp_min(1)[:, None, None]
