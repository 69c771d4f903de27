"""The feature field as a picture."""

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import NEAREST, projection_matrices
from pad_nerfstudio.odd_one_out.learned.losses import cameras_of
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork
from pad_nerfstudio.odd_one_out.learned.object_boxes import box_corners, near_boxes
from pad_nerfstudio.odd_one_out.learned.volume_rendering import composite_visible, weighted_samples

SAMPLES = 64
"""Points on each ray."""
OPAQUE = 0.5
"""Opacity of a ray from which on it shows an object."""
REACH = 2.0
"""Voxels beyond a box at which the density near it is 0 for sure."""


def may_meet(
    boxes: Float[Tensor, "n 2 3"], reach: float, view: SceneViews, x: Float[Tensor, " p"], y: Float[Tensor, " p"]
) -> Bool[Tensor, " p"]:
    """Which pixels of the first view lie in the rectangle of any box; all where one reaches behind the camera.

    Args:
        boxes: least and greatest world coordinates
        reach: beyond them, world units
        view: the camera
        x: of pixels
        y: of pixels
    """
    corners = box_corners(torch.stack([boxes[:, 0] - reach, boxes[:, 1] + reach], dim=1))
    projection = projection_matrices(view.k, view.camera_to_world)[0]
    seen = corners @ projection[:, :3].T + projection[:, 3]
    if not bool((seen[..., 2] > NEAREST).all()):
        return torch.ones_like(x, dtype=torch.bool)
    pixels = seen[..., :2] / seen[..., 2:]
    least, greatest = pixels.amin(dim=1)[:, None], pixels.amax(dim=1)[:, None]
    places = torch.stack([x, y], dim=-1)
    return ((places >= least) & (places <= greatest)).all(dim=-1).any(dim=0)


@torch.no_grad()
def feature_picture(
    network: OddOneOutNetwork,
    volume: Float[Tensor, "c x y z"],
    density: Float[Tensor, "x y z"],
    boxes: Float[Tensor, "n 2 3"],
    view: SceneViews,
    side: int = 64,
) -> UInt8[np.ndarray, "side side 3"] | None:
    """First three principal components of the rendered feature field as colours, black beside objects.

    Bhunia et al., figure 4.

    Args:
        network: whose field it is
        volume: the feature volume of a scene
        density: its density
        boxes: of the objects found
        view: one view of the scene, through which it is seen
        side: of the picture, in pixels

    Returns:
        The picture; None where fewer than four rays meet an object.
    """
    if len(boxes) == 0:
        return None
    near = near_boxes(network.grid, boxes, margin=1.0)
    h, w = view.images.shape[-2:]
    row, column = (
        cell.flatten() for cell in torch.meshgrid(*[torch.arange(side, device=boxes.device)] * 2, indexing="ij")
    )
    x, y = (column + 0.5) * w / side, (row + 0.5) * h / side
    meets = may_meet(boxes, REACH * network.grid.voxel_size, view, x, y)
    rays = cameras_of(view)(torch.zeros_like(row[meets]), x[meets], y[meets])
    along = weighted_samples(network.grid, density * near, *rays, SAMPLES)
    opaque = along.accumulation() > OPAQUE
    if int(opaque.sum()) < 4:
        return None
    shows = torch.zeros_like(meets).masked_scatter(meets, opaque)
    rendered = composite_visible(network.grid, network.features(volume, near), along)[opaque]
    centered = rendered - rendered.mean(dim=0)
    # the signs of principal components are arbitrary: the largest loading of each is made positive
    _, axes = torch.linalg.eigh(centered.T @ centered)
    axes = axes[:, -3:].flip(-1)
    axes = axes * axes.gather(0, axes.abs().argmax(dim=0, keepdim=True)).sign()
    colors = centered @ axes
    low, high = colors.quantile(0.02, dim=0), colors.quantile(0.98, dim=0)
    picture = torch.zeros(side * side, 3, device=boxes.device)
    picture[shows] = 0.1 + 0.9 * ((colors - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
    return (picture.view(side, side, 3) * 255).round().byte().cpu().numpy()
