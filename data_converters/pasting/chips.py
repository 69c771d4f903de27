"""Missing chips: bites from the silhouette, behind which the background shows, with a dark broken edge."""

from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from pasting.outlines import Random, jagged_outline, radius_for
from pasting.photo import Photo


def add_chip(photo: Photo, area: float, random: Random) -> tuple[Photo, dict[str, Any]]:
    """Break about `area` pixels off the object at a random point of its rim; also, where.

    The rim is where the object ends within the photo, not where the photo ends. What lay behind is continued from the
    background beside it; a photo with transparency becomes transparent there.
    """
    solid = photo.on_object
    rim = solid & ~ndimage.binary_erosion(solid, border_value=1)
    rows, columns = np.nonzero(rim)
    if not len(rows):
        return photo, {}
    chosen = int(random.integers(len(rows)))
    centre = columns[chosen] + 0.5, rows[chosen] + 0.5
    outline = jagged_outline(random)
    inside = solid.astype(np.float32)
    radius = radius_for(lambda *at: outline.mask(*at, 1.0), solid, centre, area)
    bite = outline.mask(photo.size, centre, radius, 1.0)
    gone = (inside * bite).astype(np.float32)
    # The broken face: a band along the break that lies in shadow and shows bare matter.
    width = random.uniform(0.05, 0.14) * np.sqrt(area) + 1
    face = outline.mask(photo.size, centre, radius + width, 1.5) * inside * (1 - bite)
    grain = 0.25 * cv2.GaussianBlur(random.standard_normal(face.shape), (0, 0), 0.7)
    tone = photo.rgb[solid].mean(axis=0) * random.uniform(0.3, 0.6)
    broken = tone * np.exp(grain)[..., None]
    rgb = photo.rgb + 0.9 * face[..., None] * (broken - photo.rgb)
    behind = continued_background(photo.rgb, solid)
    rgb = (rgb + gone[..., None] * (behind - rgb)).clip(0, 1).astype(np.float32)
    transparent = bool((photo.alpha < 1).any())
    alpha = (photo.alpha * (1 - gone)).astype(np.float32) if transparent else photo.alpha
    return Photo(rgb, alpha, solid), {"broken_off_at": [round(float(value), 1) for value in centre]}


def continued_background(
    rgb: Float32[np.ndarray, "h w 3"], solid: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w 3"]:
    """The background, continued smoothly behind the object from the colours beside it."""
    clear = ndimage.binary_erosion(~solid, iterations=3, border_value=1)  # no light of the object
    if not clear.any():
        clear = ~solid
    _, nearest = ndimage.distance_transform_edt(~clear, return_indices=True)
    smooth = cv2.GaussianBlur(rgb[tuple(nearest)], (0, 0), 3.0)
    return np.where(clear[..., None], rgb, smooth).astype(np.float32)
