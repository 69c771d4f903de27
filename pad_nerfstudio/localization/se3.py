"""Rigid motions: the group SE(3) and its Lie algebra, in plain torch.

A twist is `(rho, phi)`: translation part first, rotation vector (radians) second. `exp` and `log` follow Eade, "Lie
Groups for 2D and 3D Transformations"; the logarithm of a rotation goes through the unit quaternion, which stays
accurate up to and at half a turn. All functions are batched over leading dimensions, keep the type they are given (use
float64), and are differentiable at zero.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

_SMALL = 1e-2
"""Angles below this (radians) use the Taylor series: its error is beyond float64 there."""


def hat(v: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The skew-symmetric matrix with `hat(a) @ b == cross(a, b)`."""
    x, y, z = v.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*v.shape[:-1], 3, 3)


def exp(twist: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 4 4"]:
    """The rigid motion of a twist `(rho, phi)`."""
    rho, phi = twist[..., :3], twist[..., 3:]
    square = (phi * phi).sum(-1)
    small = square < _SMALL**2
    # `where` alone would still send NaN through the branch not taken, so the branch itself gets a harmless angle.
    theta = torch.where(small, torch.ones_like(square), square).sqrt()
    a = torch.where(small, 1 - square / 6 * (1 - square / 20 * (1 - square / 42)), theta.sin() / theta)
    b = torch.where(
        small, 0.5 - square / 24 * (1 - square / 30 * (1 - square / 56)), 2 * ((theta / 2).sin() / theta) ** 2
    )
    c = torch.where(
        small, 1 / 6 - square / 120 * (1 - square / 42 * (1 - square / 72)), (theta - theta.sin()) / theta**3
    )
    k = hat(phi)
    k2 = k @ k
    eye = torch.eye(3, dtype=twist.dtype, device=twist.device)
    rotation = eye + a[..., None, None] * k + b[..., None, None] * k2
    left_jacobian = eye + b[..., None, None] * k + c[..., None, None] * k2
    return from_parts(rotation, (left_jacobian @ rho[..., None])[..., 0])


def log(motion: Float[Tensor, "*batch 4 4"]) -> Float[Tensor, "*batch 6"]:
    """The twist `(rho, phi)` of a rigid motion, with a rotation of at most half a turn."""
    phi = rotation_log(motion[..., :3, :3])
    square = (phi * phi).sum(-1)
    small = square < _SMALL**2
    theta = torch.where(small, torch.ones_like(square), square).sqrt()
    half = theta / 2
    d = torch.where(
        small, (1 + square / 60 * (1 + square / 42)) / 12, (1 - half * half.cos() / half.sin()) / (theta * theta)
    )
    k = hat(phi)
    eye = torch.eye(3, dtype=motion.dtype, device=motion.device)
    inverse_left_jacobian = eye - 0.5 * k + d[..., None, None] * (k @ k)
    rho = (inverse_left_jacobian @ motion[..., :3, 3:])[..., 0]
    return torch.cat([rho, phi], dim=-1)


def rotation_log(rotation: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """The rotation vector (radians, length at most pi) of a rotation matrix, accurate at zero and at half a turn."""
    quaternion = _quaternion(rotation)
    quaternion = torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    w, v = quaternion[..., 0], quaternion[..., 1:]
    square = (v * v).sum(-1)
    small = square < 1e-12
    length = torch.where(small, torch.ones_like(square), square).sqrt()
    factor = torch.where(small, 2 / w.clamp_min(0.5), 2 * torch.atan2(length, w) / length)
    return factor[..., None] * v


def _quaternion(rotation: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 4"]:
    """Unit quaternion (w first), by Shepperd's method: divide by the largest component."""
    m = rotation
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    x, y, z = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    # Row i is 4 * q_i * q: every row is the same quaternion up to scale, the longest is the best conditioned.
    rows = torch.stack(
        [
            torch.stack([1 + m00 + m11 + m22, x, y, z], dim=-1),
            torch.stack([x, 1 + m00 - m11 - m22, xy, xz], dim=-1),
            torch.stack([y, xy, 1 - m00 + m11 - m22, yz], dim=-1),
            torch.stack([z, xz, yz, 1 - m00 - m11 + m22], dim=-1),
        ],
        dim=-2,
    )
    best = torch.diagonal(rows, dim1=-2, dim2=-1).argmax(-1)
    row = rows.gather(-2, best[..., None, None].expand(*best.shape, 1, 4))[..., 0, :]
    return row / row.norm(dim=-1, keepdim=True)


def from_parts(
    rotation: Float[Tensor, "*batch 3 3"], translation: Float[Tensor, "*batch 3"]
) -> Float[Tensor, "*batch 4 4"]:
    """The 4x4 matrix of a rotation and a translation."""
    top = torch.cat([rotation, translation[..., None]], dim=-1)
    bottom = top.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(*top.shape[:-2], 1, 4)
    return torch.cat([top, bottom], dim=-2)


def inverse(motion: Float[Tensor, "*batch 4 4"]) -> Float[Tensor, "*batch 4 4"]:
    """The inverse of a rigid motion, exactly rigid."""
    transposed = motion[..., :3, :3].transpose(-1, -2)
    return from_parts(transposed, -(transposed @ motion[..., :3, 3:])[..., 0])


def adjoint(motion: Float[Tensor, "*batch 4 4"]) -> Float[Tensor, "*batch 6 6"]:
    """The matrix with `motion @ exp(twist) == exp(adjoint(motion) @ twist) @ motion`."""
    rotation = motion[..., :3, :3]
    moved = hat(motion[..., :3, 3]) @ rotation
    top = torch.cat([rotation, moved], dim=-1)
    bottom = torch.cat([torch.zeros_like(rotation), rotation], dim=-1)
    return torch.cat([top, bottom], dim=-2)


def orthonormalised(motion: Float[Tensor, "*batch 4 4"]) -> Float[Tensor, "*batch 4 4"]:
    """The nearest rigid motion: what rounding did to the rotation is undone (polar decomposition)."""
    u, _, vh = torch.linalg.svd(motion[..., :3, :3])
    return from_parts(u @ vh, motion[..., :3, 3])


def pose_error(a: Float[Tensor, "4 4"], b: Float[Tensor, "4 4"]) -> tuple[float, float]:
    """How far two camera poses of one world are apart.

    Returns:
        the angle between their orientations in degrees, and the distance of their centres in world units
    """
    angle = rotation_log(a[:3, :3].double().T @ b[:3, :3].double()).norm()
    return math.degrees(angle.item()), (a[:3, 3].double() - b[:3, 3].double()).norm().item()
