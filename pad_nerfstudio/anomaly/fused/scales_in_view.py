"""What normal views say of places, as a camera sees them."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces
from pad_nerfstudio.anomaly.fused.scored_surface import surface_points
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Rendering


def scales_in_view(
    places: NormalPlaces, rendering: Rendering, camera: Pinhole, camera_to_world: Float[Tensor, "4 4"]
) -> Float[Tensor, "h w"]:
    """What scores at each pixel are to be multiplied with; beside the object, as at its nearest pixel.

    Args:
        places: how high normal views score where
        rendering: of the normal object
        camera: intrinsics at the rendering's size
        camera_to_world: OpenGL axes, world frame of the places
    """
    points, solid = surface_points(rendering, camera, camera_to_world)
    scales = np.ones(solid.shape, np.float32)
    if len(points):
        scales[solid] = places.scale_at(points)
        nearest = distance_transform_edt(~solid, return_distances=False, return_indices=True)
        scales = scales[tuple(np.asarray(nearest))]
    return torch.from_numpy(scales).to(rendering.depth.device)
