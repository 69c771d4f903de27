"""Real spherical harmonics up to degree 2, in the constants and signs of 3D Gaussian splatting."""

import torch
from jaxtyping import Float
from torch import Tensor

C0 = 0.28209479177387814
C1 = 0.4886025119029199
C2 = (1.0925484305920792, -1.0925484305920792, 0.31539156525252005, -1.0925484305920792, 0.5462742152960396)


def num_coefficients(degree: int) -> int:
    """How many basis functions there are up to and with `degree`."""
    return (degree + 1) ** 2


def sh_basis(degree: int, directions: Float[Tensor, "n 3"]) -> Float[Tensor, "n k"]:
    """Basis values scaled so that the constant one is 1: a coefficient of it *is* a colour.

    Args:
        degree: 0, 1 or 2
        directions: unit vectors from the camera into the scene
    """
    x, y, z = directions.unbind(-1)
    basis = [torch.ones_like(x)]
    if degree >= 1:
        basis += [-C1 / C0 * y, C1 / C0 * z, -C1 / C0 * x]
    if degree >= 2:
        values = (x * y, y * z, 2 * z * z - x * x - y * y, x * z, x * x - y * y)
        basis += [c / C0 * value for c, value in zip(C2, values, strict=True)]
    return torch.stack(basis, dim=-1)
