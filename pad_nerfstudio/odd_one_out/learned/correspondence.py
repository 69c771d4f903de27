"""Which voxels of one object correspond to those of another."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional


@torch.no_grad()
def corresponding_voxels(
    features: Float[Tensor, "objects voxels d"], k: int
) -> Int[Tensor, "objects objects voxels k2"]:
    """For each voxel of each object the numbers of the `k` most similar ones of every object, best first.

    Bhunia et al., equation 5, on features of unit length: the cosine loss that makes them leaves their length open.

    Args:
        features: the feature field at the voxels
        k: at most the number of voxels

    Returns:
        `[n, m, i]` are voxels of object m that correspond to voxel i of object n; an object's own are there too
    """
    objects, voxels, _ = features.shape
    unit = functional.normalize(features, dim=-1).flatten(0, 1)
    similarity = (unit @ unit.T).view(objects, voxels, objects, voxels).transpose(1, 2)
    return similarity.topk(min(k, voxels), dim=-1).indices


def attended(chosen: Int[Tensor, "objects objects voxels k"]) -> Int[Tensor, "tokens seen"]:
    """At which voxels each voxel looks, of all objects in a row: those that correspond, and none of the same object."""
    objects, _, voxels, k = chosen.shape
    first = voxels * torch.arange(objects, device=chosen.device)[:, None, None]
    others = ~torch.eye(objects, dtype=torch.bool, device=chosen.device)
    numbers = (chosen + first)[others].view(objects, objects - 1, voxels, k)
    return numbers.transpose(1, 2).reshape(objects * voxels, (objects - 1) * k)
