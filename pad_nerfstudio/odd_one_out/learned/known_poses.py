"""Correspondences that the known poses of a scene's objects tell, for features to learn from."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.voxel_heads import VoxelHead

DRAWN, KEPT = 1024, 128
"""Places drawn in an object, of which so many at most that hold matter are compared."""
FEWEST = 8
REACH = 0.6
"""Half the side of the cube in which places are drawn, in sides of the object's box: its origin is not its middle."""
FULL = 0.0
"""Logit of opacity from which on a place holds matter."""
TEMPERATURE = 0.1
"""Of the softmax over cosines of features."""


def corresponding_places(
    grid: SceneGrid, raw: Float[Tensor, "x y z"], first: Float[Tensor, "3 4"], second: Float[Tensor, "3 4"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3"]]:  # fmt: skip
    """World points of one object and the same places of another, where both hold matter.

    Args:
        grid: where the density lies
        raw: density before its softplus
        first: unit cube around an object's origin to the world, see `SceneSample.poses`
        second: the same of an object of the same shape
        generator: on the CPU
    """
    local = (2 * torch.rand(DRAWN, 3, generator=generator) - 1).to(raw) * REACH
    here, there = (local @ pose[:, :3].T + pose[:, 3] for pose in (first, second))
    full = grid.between_voxels(raw[None], torch.cat([here, there]))[0].view(2, -1).amin(dim=0) > FULL
    chosen = full.nonzero()[:KEPT, 0]
    return here[chosen], there[chosen]


def correspondence_loss(
    grid: SceneGrid,
    volume: Float[Tensor, "c x y z"],
    raw: Float[Tensor, "x y z"],
    projector: VoxelHead,
    poses: Float[Tensor, "n 3 4"],
    labels: Int[Tensor, " n"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Cross-entropy of finding a place of one normal object among places of another, both ways.

    After van den Oord et al., "Representation learning with contrastive predictive coding" (2018), equation 4.

    Not in the paper, whose teacher knows what corresponds from a large training of its own. Places less than a voxel
    from the right one are as right, by a Gaussian of their distance. 0 where two normal objects are not known.

    Args:
        grid: where the volumes lie
        volume: F_v
        raw: density before its softplus
        projector: F_v to the feature field
        poses: see `SceneSample.poses`
        labels: of the objects, 0 for normal ones: the others are of another shape
        generator: on the CPU
    """
    normal = ((labels == 0) & poses.isfinite().flatten(1).all(dim=1)).nonzero()[:, 0]
    nothing = volume.sum() * 0
    if len(normal) < 2:
        return nothing
    first, second = poses[normal[torch.randperm(len(normal), generator=generator)[:2].to(normal.device)]]
    here, there = corresponding_places(grid, raw.detach(), first, second, generator)
    if len(here) < FEWEST:
        return nothing
    features = projector(grid.between_voxels(volume, torch.cat([here, there])).T).float()
    one, two = functional.normalize(features, dim=-1).split(len(here))
    near = torch.exp(-0.5 * (torch.cdist(here, here) / grid.voxel_size) ** 2)
    wanted = near / near.sum(dim=1, keepdim=True)
    similar = one @ two.T / TEMPERATURE
    return (functional.cross_entropy(similar, wanted) + functional.cross_entropy(similar.T, wanted)) / 2
