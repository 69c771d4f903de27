"""How objects look at places of theirs: what the density and the photos say, and no learnt feature."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import colors_at
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.object_boxes import OCCUPIED
from pad_nerfstudio.odd_one_out.learned.roi_pooling import ObjectPlaces, roi_pool

SURFACE = math.log(math.expm1(OCCUPIED))
"""Density before its softplus at which a place is as likely matter as not."""
EMPTY = -8.0
"""The same beyond the grid."""
SHARPNESS = 1.5
"""Of surfaces: what one unit of it is to the logit of opacity."""
SEEN = 7
"""Channels: opacity, mean colour of the views, its spread over them."""


def seen_volumes(
    raw_density: Float[Tensor, "x y z"], places: ObjectPlaces, views: SceneViews, grid: SceneGrid
) -> Float[Tensor, "n 7 a a a"]:
    """Opacity, the views' mean colour and its spread over them; opacity 0 where a place is not the object's own.

    Opacity is read between voxels before it saturates, so that outlines are finer than voxels. Colours are read off
    the photos: back-projection (Bhunia et al., equation 2) of the images themselves, as finely as objects are cut.

    Args:
        raw_density: before its softplus
        places: at least one object's
        views: of the scene
        grid: where the density lies
    """
    raw = roi_pool(raw_density[None] - EMPTY, places.points, grid)[:, 0] + EMPTY
    opacity = torch.sigmoid(SHARPNESS * (raw - SURFACE)) * places.own
    colors = colors_at(places.points.reshape(-1, 3), views)
    return torch.cat([opacity[:, None], colors.T.view(*places.points.shape[:4], SEEN - 1).movedim(-1, 1)], dim=1)
