"""How image points move with the camera.

A camera is perturbed in its own frame, `camera_to_world @ exp(twist)`, so a point at `X` in camera coordinates moves to
`exp(-twist) X`. Coordinates are OpenGL's: x right, y up, z back; image x runs right and y down.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.silhouette import pixel_rays


def backproject(depth: Float[Tensor, "h w"], camera: Pinhole) -> Float[Tensor, "h w 3"]:
    """The points seen by each pixel, in camera coordinates, from their depth along the viewing axis."""
    return pixel_rays(camera, depth.device) * depth[..., None]


def project(points: Float[Tensor, "n 3"], camera: Pinhole) -> Float[Tensor, "n 2"]:
    """Pixel coordinates (x, y) of points in camera coordinates; meaningless for points behind the camera."""
    depth = -points[:, 2]
    u = camera.cx + camera.fl_x * points[:, 0] / depth
    v = camera.cy - camera.fl_y * points[:, 1] / depth
    return torch.stack([u, v], dim=-1)


def projection_jacobian(points: Float[Tensor, "n 3"], camera: Pinhole) -> Float[Tensor, "n 2 6"]:
    """Derivative of `project(exp(-twist) X)` at zero, for a twist `(rho, phi)`."""
    x, y, z = points.unbind(-1)
    inverse = -1 / z
    a, b = x * inverse, y * inverse
    zero = torch.zeros_like(x)
    # d(u, v) / dX times dX / dtwist = -(I | -hat(X)), multiplied out.
    u = torch.stack([-inverse, zero, -a * inverse, -a * b, 1 + a * a, b], dim=-1) * camera.fl_x
    v = torch.stack([zero, inverse, b * inverse, 1 + b * b, -a * b, a], dim=-1) * camera.fl_y
    return torch.stack([u, v], dim=1)


def focal_jacobian(points: Float[Tensor, "n 3"], camera: Pinhole) -> Float[Tensor, "n 2 1"]:
    """Derivative of `project(X)` by the logarithm of a common factor on both focal lengths."""
    depth = -points[:, 2]
    u, v = camera.fl_x * points[:, 0] / depth, -camera.fl_y * points[:, 1] / depth
    return torch.stack([u, v], dim=-1)[..., None]


def zoomed(camera: Pinhole, factor: float) -> Pinhole:
    """The camera with both focal lengths multiplied."""
    return camera if factor == 1.0 else replace(camera, fl_x=camera.fl_x * factor, fl_y=camera.fl_y * factor)
