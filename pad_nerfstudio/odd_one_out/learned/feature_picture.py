"""The feature field as a picture."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.losses import cameras_of
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork
from pad_nerfstudio.odd_one_out.learned.object_boxes import near_boxes
from pad_nerfstudio.odd_one_out.learned.volume_rendering import composite_visible, weighted_samples

SAMPLES = 64
"""Points on each ray."""
OPAQUE = 0.5
"""Opacity of a ray from which on it shows an object."""


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
    where = torch.zeros_like(row), (column + 0.5) * w / side, (row + 0.5) * h / side
    along = weighted_samples(network.grid, density * near, *cameras_of(view)(*where), SAMPLES)
    shows = along.accumulation() > OPAQUE
    if int(shows.sum()) < 4:
        return None
    rendered = composite_visible(network.grid, network.features(volume, near), along)[shows]
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
