"""How each pixel differs from the floor that it would look at."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch.nn import functional

from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.fields.surroundings import contract
from pad_nerfstudio.odd_one_out.floor.texture import UNIT, floor_texture

TEXELS = 256
"""Of the texture along each side: 1.25 cm each near the origin of a scene in metres, in a sixth of the time."""


def floor_difference(
    rgb: Float[np.ndarray, "views h w 3"], projections: Float[np.ndarray, "views 3 4"], radius: float
) -> Float[np.ndarray, "views h w 3"]:
    """Each pixel's colour less that of the floor's texture, CIE L*a*b*, float32; 0 for pixels above the horizon.

    Args:
        rgb: views of a scene whose floor is z = 0; sRGB in [0, 1], float32
        projections: world points to homogeneous pixels; the first pixel's centre is (0, 0)
        radius: objects are not farther than this from the origin along x and y
    """
    texture = srgb_to_lab(torch.from_numpy(floor_texture(rgb, projections, radius, TEXELS).rgb)).movedim(-1, 0)[None]
    lab = srgb_to_lab(torch.from_numpy(rgb)).numpy()
    differences = np.zeros_like(lab)
    for view, projection in enumerate(projections):
        places, below = _places_on_floor(projection, (rgb.shape[2], rgb.shape[1]))
        coordinates = contract(torch.from_numpy(places.astype(np.float32)), UNIT)
        floor = functional.grid_sample(texture, coordinates[None], padding_mode="border", align_corners=False)[0]
        differences[view] = np.where(below, lab[view] - floor.movedim(0, -1).numpy(), 0.0)
    return differences


def _places_on_floor(
    projection: Float[np.ndarray, "3 4"], size: tuple[int, int]
) -> tuple[Float[np.ndarray, "h w 2"], Bool[np.ndarray, "h w 1"]]:
    """Where pixels look at the floor z = 0, and whether they do."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    # the inverse homography gives what is before the camera a positive last coordinate, as depths are
    found = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(projection[:, [0, 1, 3]]).T
    below = found[..., 2:] > 0
    return found[..., :2] / np.where(below, found[..., 2:], 1.0), below
