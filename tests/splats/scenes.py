"""Small sets of Gaussians and cameras around them."""

import torch

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.splats.gaussians import Gaussians
from tests.mad_class_factory import rig


def some_gaussians(count: int = 30, degree: int = 1, seed: int = 0, dtype: torch.dtype = torch.float32) -> Gaussians:
    """Coloured blobs within half a unit of the origin."""
    draw = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=draw).to(dtype)

    return Gaussians(
        means=rand(count, 3) - 0.5,
        quaternions=rand(count, 4) - 0.5,
        scales=0.02 + 0.1 * rand(count, 3),
        opacities=0.2 + 0.75 * rand(count),
        harmonics=rand(count, (degree + 1) ** 2, 3) - 0.5,
    )


def some_cameras(count: int = 3, width: int = 24, height: int = 20, dtype: torch.dtype = torch.float32) -> PinholeStack:
    """Cameras around the origin, principal points off the middle."""
    poses = torch.from_numpy(rig(3, 5, radius=3.0)[2 : 2 + count, :3]).to(dtype)
    focal = torch.tensor([[1.25 * width, 1.65 * height]], dtype=dtype).repeat(count, 1)
    center = torch.tensor([[0.46 * width, 0.53 * height]], dtype=dtype).repeat(count, 1)
    return PinholeStack.of_one_size(poses, focal, center, width, height)
