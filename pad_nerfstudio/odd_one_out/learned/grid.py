"""The grid of voxels over a scene, and values read between its voxels."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class SceneGrid:
    """Cubic voxels along the axes of the world."""

    shape: tuple[int, int, int] = (96, 96, 16)
    """Voxels along x, y and z (Bhunia et al., section 4.2)."""
    voxel_size: float = 0.04
    """Side of a voxel in world units (same place: 4 cm)."""
    center: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """World point in the middle of the grid."""

    def bounds(self) -> Float[Tensor, "2 3"]:
        """Least and greatest world coordinates that voxels cover."""
        half = torch.tensor(self.shape) * self.voxel_size / 2
        center = torch.tensor(self.center)
        return torch.stack([center - half, center + half])

    def voxel_centers(self) -> Float[Tensor, "x y z 3"]:
        """World points in the middle of each voxel."""
        least = self.bounds()[0]
        axes = [least[i] + self.voxel_size * (torch.arange(n) + 0.5) for i, n in enumerate(self.shape)]
        return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)

    def between_voxels(self, volume: Float[Tensor, "c x y z"], points: Float[Tensor, "n 3"]) -> Float[Tensor, "c n"]:
        """Values of a volume at world points, trilinear between the centres of voxels, 0 beyond the grid."""
        least, greatest = self.bounds().to(points)
        # grid_sample counts the last axis first, and -1 and 1 are the outer faces of the outermost voxels
        places = (2 * (points - least) / (greatest - least) - 1).flip(-1)
        return functional.grid_sample(volume[None], places[None, None, None], align_corners=False)[0, :, 0, 0]
