"""Direct alignment: the pose at which a rendering explains a photo, without gradients through the field.

One rendering at the present pose, with its depth, is a coloured surface; the surface is registered to the query by
moving the camera (Gauss-Newton on SE(3), with the mean of both images' gradients as in Malis 2004, "Improving
vision-based control using efficient second-order minimization"), then rendered again from there. Robust weights keep an
anomaly from pulling the pose.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.image_pyramid import blur, gradient
from pad_nerfstudio.localization.jacobian import backproject, focal_jacobian, project, projection_jacobian, zoomed
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import Rendering


@dataclass(frozen=True)
class Surface:
    """The coloured surface points of one rendering, in the coordinates of the camera that rendered it."""

    points: Float[Tensor, "n 3"]
    """Positions, world units, OpenGL axes."""
    colours: Float[Tensor, "n 3"]
    """Smoothed colour in [0, 1]."""
    gradients: Float[Tensor, "n 3 2"]
    """Derivative of the smoothed rendering along image x and y, per pixel."""


def fill_depth(
    depth: Float[Tensor, "*batch h w"], solid: Bool[Tensor, "*batch h w"], steps: int
) -> tuple[Float[Tensor, "*batch h w"], Bool[Tensor, "*batch h w"]]:
    """Extend an object's depth over its silhouette.

    What moves at an edge is the nearer side, so every pixel takes the least depth among its neighbours; pixels outside
    of the object take it from there, ring by ring.

    Args:
        depth: depth along the viewing axis, valid where `solid`
        solid: where the object is
        steps: rings to add, at least one

    Returns:
        the depth, and where it is known now
    """
    nearest = torch.where(solid, depth, torch.full_like(depth, torch.inf))
    nearest = _least_of_neighbours(nearest)
    for _ in range(steps - 1):
        nearest = torch.where(nearest.isinf(), _least_of_neighbours(nearest), nearest)
    known = ~nearest.isinf()
    return torch.where(known, nearest, torch.ones_like(nearest)), known


def _least_of_neighbours(values: Float[Tensor, "*batch h w"]) -> Float[Tensor, "*batch h w"]:
    planes = values.reshape(-1, 1, *values.shape[-2:])
    return -functional.max_pool2d(-planes, 3, stride=1, padding=1).view_as(values)


def make_surface(rendering: Rendering, smooth: Float[Tensor, "h w 3"], camera: Pinhole, dilation: int) -> Surface:
    """The surface that a rendering shows, with a rim of background `dilation` pixels wide that moves with its edge."""
    solid = rendering.accumulation > 0.5
    depth, known = fill_depth(rendering.depth, solid, max(dilation, 1))
    known = known if dilation else solid
    return Surface(backproject(depth, camera)[known], smooth[known], gradient(smooth)[known])


@dataclass(frozen=True, eq=False)
class Change:
    """How a camera has to change."""

    motion: Float[Tensor, "4 4"]
    """To multiply to the right of its `camera_to_world`, float64."""
    focal: float = 1.0
    """Factor on its focal lengths."""

    @classmethod
    def along(cls, step: Float[Tensor, " unknowns"]) -> "Change":
        """Of a twist, and where there is a seventh number, of the logarithm of the factor."""
        return cls(se3.exp(step[:6]), math.exp(step[6]) if len(step) > 6 else 1.0)

    def then(self, step: Float[Tensor, " unknowns"]) -> "Change":
        """This and a further step."""
        further = Change.along(step)
        return Change(self.motion @ further.motion, self.focal * further.focal)

    def unknowns(self, free_focal: bool) -> Float[Tensor, " unknowns"]:
        """The inverse of `along`."""
        twist = se3.log(self.motion)
        return torch.cat([twist, twist.new_tensor([math.log(self.focal)])]) if free_focal else twist


def register(surface: Surface, target: Target, floor: float, steps: int, free_focal: bool = False) -> Change:
    """Move the camera so that the surface falls on the query.

    Levenberg-Marquardt on the Geman-McClure cost; the scale of what is an outlier comes from the median residual and
    does not fall below `floor`.

    Args:
        surface: what the present camera sees
        target: the query, same intrinsics
        floor: least outlier scale, as a colour difference
        steps: most steps
        free_focal: whether the focal length is unknown, too
    """
    change = Change(torch.eye(4, dtype=torch.float64))
    if len(surface.points) < 6:
        return change
    system = _linearise(surface, target, change, None, floor, free_focal)
    damping, unknowns = 1e-3, len(system.slope)
    for _ in range(steps):
        diagonal = torch.diag(system.hessian.diagonal())
        damped = system.hessian + damping * diagonal + 1e-9 * torch.eye(unknowns).double()
        trial = change.then(torch.linalg.solve(damped, -system.slope))
        attempt = _linearise(surface, target, trial, system.scale, floor, free_focal)
        if attempt.cost < system.cost:
            shrink = 1 - attempt.cost / max(system.cost, 1e-30)
            change, system, damping = trial, attempt, max(damping * 0.2, 1e-6)
            if shrink < 1e-4:
                break
        else:
            damping = max(damping * 10, 1e-2)
            if damping > 1e3:
                break
    return change


@dataclass(frozen=True)
class _System:
    """The robust cost at one pose with its Gauss-Newton approximation."""

    cost: float
    scale: float
    hessian: Float[Tensor, "unknowns unknowns"]
    slope: Float[Tensor, " unknowns"]


def _linearise(
    surface: Surface, target: Target, change: Change, scale: float | None, floor: float, free_focal: bool
) -> _System:
    back = se3.inverse(change.motion).to(surface.points)
    points = surface.points @ back[:3, :3].T + back[:3, 3]
    camera = zoomed(target.camera, change.focal)
    pixels = project(points, camera)
    colours, slopes = _sample(target, pixels)
    size = pixels.new_tensor([target.camera.w, target.camera.h])
    inside = ((pixels > 0.5) & (pixels < size - 0.5)).all(-1)
    residual = colours - surface.colours
    slopes = 0.5 * (slopes + surface.gradients)
    square = (residual * residual).sum(-1)
    if scale is None:
        # Flat parts agree wherever the camera is; only where a gradient is does a residual say how far off it is.
        telling = inside & ((slopes * slopes).sum((-1, -2)) > 1e-4)
        median = square[telling].median().sqrt().item() if telling.any() else 0.0
        scale = max(floor, 2.0 * median)
    weight = inside / (1 + square / scale**2) ** 2
    cost = (inside * square / (1 + square / scale**2)).sum() / inside.sum().clamp_min(1)
    # Summed over colours, a pixel's gradients enter only as a 2x2 structure tensor: three times less to multiply.
    jacobian = image_flow(points, camera, free_focal)
    tensor = slopes.transpose(1, 2) @ slopes
    pull = (slopes.transpose(1, 2) @ residual[..., None]) * weight[:, None, None]
    flat = jacobian.flatten(0, 1)
    hessian = flat.T @ ((weight[:, None, None] * tensor) @ jacobian).flatten(0, 1)
    slope = flat.T @ pull.reshape(-1)
    return _System(cost.item(), scale, hessian.double().cpu(), slope.double().cpu())


def image_flow(points: Float[Tensor, "n 3"], camera: Pinhole, free_focal: bool) -> Float[Tensor, "n 2 unknowns"]:
    """How image points move with a twist of the camera and, where it is free, the logarithm of its focal length."""
    by_pose = projection_jacobian(points, camera)
    return torch.cat([by_pose, focal_jacobian(points, camera)], dim=-1) if free_focal else by_pose


def _sample(target: Target, pixels: Float[Tensor, "n 2"]) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3 2"]]:
    """The query's colours and gradients at image points, bilinear."""
    layers = torch.cat([target.rgb, target.gradient.flatten(2)], dim=-1).permute(2, 0, 1)[None]
    size = pixels.new_tensor([target.camera.w, target.camera.h])
    grid = (2 * pixels / size - 1)[None, None]
    values = functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)[0, :, 0].T
    return values[:, :3], values[:, 3:].reshape(-1, 3, 2)


def smoothed(rendering: Rendering, target: Target) -> Float[Tensor, "h w 3"]:
    """A rendering's colour, smoothed like the target."""
    return blur(rendering.rgb, target.sigma)
