"""Boxes around the objects of a density volume."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid

OCCUPIED = 0.2
"""Density per voxel from which on it counts as matter (Bhunia et al., section 4.2)."""
NEIGHBOURS = 1.8
"""Reach of a cluster in voxels: the 26 around each (the farthest at 1.73)."""
CORE = 5
"""Occupied voxels in reach, itself among them, of a voxel that holds a cluster together (scikit-learn's default)."""
FEWEST = 8
"""Voxels of the smallest object: fewer are specks."""


def object_boxes(
    density: Float[Tensor, "x y z"], grid: SceneGrid, occupied: float = OCCUPIED, fewest: int = FEWEST
) -> Float[Tensor, "n 2 3"]:
    """Least and greatest world coordinates of each cluster of occupied voxels, clusters in no particular order.

    DBSCAN as in Bhunia et al., section 3.3. Faces lie where the opacity, linear between the centres of voxels, falls
    through that of the threshold: boxes of whole voxels would be wrong by up to half a voxel on every side. The density
    itself would not do, as it goes up to any height within objects.

    Args:
        density: per length of a voxel
        grid: where it lies
        occupied: see `OCCUPIED`
        fewest: see `FEWEST`
    """
    voxels = (density > occupied).nonzero()
    numbers = _clusters(voxels)
    opacity = _opacity(density.detach().double()).cpu().numpy()
    least_opacity = float(_opacity(torch.tensor(occupied, dtype=torch.double)))
    boxes = []
    for number in range(int(numbers.max(initial=-1)) + 1):
        members = voxels[torch.from_numpy(numbers == number)].cpu().numpy()
        if len(members) >= fewest:
            boxes.append(_box_in_voxels(opacity, members, least_opacity))
    if not boxes:
        return density.new_zeros(0, 2, 3)
    least = grid.bounds()[0].double()
    return (least + grid.voxel_size * torch.from_numpy(np.stack(boxes))).to(density)


def _opacity(density: Float[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """Share of the light that a voxel takes."""
    return -torch.expm1(-density)


def _clusters(voxels: Int[Tensor, "n 3"]) -> Int[np.ndarray, " n"]:
    """Number of the cluster of each voxel, -1 for those of none."""
    if len(voxels) == 0:
        return np.zeros(0, dtype=np.int64)
    from sklearn.cluster import DBSCAN

    return DBSCAN(eps=NEIGHBOURS, min_samples=CORE).fit_predict(voxels.cpu().numpy())


def _box_in_voxels(
    opacity: Float[np.ndarray, "x y z"], members: Int[np.ndarray, "n 3"], least_opacity: float
) -> Float[np.ndarray, "2 3"]:
    """The box of one cluster; voxel i spans i to i + 1."""
    box = np.zeros((2, 3))
    for axis in range(3):
        least, greatest = members[:, axis].min(), members[:, axis].max()
        box[0, axis] = least + 0.5 - _reach(opacity, members[members[:, axis] == least], axis, -1, least_opacity)
        box[1, axis] = greatest + 0.5 + _reach(opacity, members[members[:, axis] == greatest], axis, 1, least_opacity)
    return box


def _reach(
    opacity: Float[np.ndarray, "x y z"], outermost: Int[np.ndarray, "n 3"], axis: int, step: int, least_opacity: float
) -> float:
    """How far beyond the centres of its outermost voxels a cluster goes: up to one voxel, half where the grid ends."""
    beyond = outermost.copy()
    beyond[:, axis] += step
    if not 0 <= beyond[0, axis] < opacity.shape[axis]:
        return 0.5
    inside, outside = opacity[tuple(outermost.T)], opacity[tuple(beyond.T)]
    return float(np.clip((inside - least_opacity) / np.maximum(inside - outside, 1e-12), 0, 1).max())


def box_corners(boxes: Float[Tensor, "n 2 3"]) -> Float[Tensor, "n 8 3"]:
    """The eight corners of each box."""
    choice = torch.cartesian_prod(*[torch.arange(2)] * 3)
    return boxes[:, choice, torch.arange(3)]


def matter_in_boxes(
    density: Float[Tensor, "x y z"], grid: SceneGrid, boxes: Float[Tensor, "n 2 3"], occupied: float = OCCUPIED
) -> Float[Tensor, " n"]:
    """Volume of the occupied voxels in each box, in cubic world units: that of its object, however it is turned."""
    matter = density > occupied
    counts = [float((near_boxes(grid, box[None], margin=0.0) & matter).sum()) for box in boxes]
    return torch.tensor(counts, dtype=torch.double) * grid.voxel_size**3


def near_boxes(grid: SceneGrid, boxes: Float[Tensor, "n 2 3"], margin: float) -> Bool[Tensor, "x y z"]:
    """Voxels whose centres lie in one of the boxes or less than `margin` voxels beside it."""
    points = grid.voxel_centers().to(boxes)[None]
    least, greatest = (boxes[:, end, None, None, None] for end in (0, 1))
    reach = margin * grid.voxel_size
    return ((points >= least - reach) & (points <= greatest + reach)).all(dim=-1).any(dim=0)
