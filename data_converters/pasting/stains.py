"""Stains: thin layers that take light away, or pale deposits where that would not show."""

from typing import Any

import cv2
import numpy as np

from pasting.outlines import Random, radius_for, soft_outline
from pasting.photo import Photo

TINTS = {
    "oil": (0.42, 0.34, 0.24),
    "soot": (0.30, 0.30, 0.31),
    "ink": (0.28, 0.34, 0.62),
    "rust": (0.80, 0.46, 0.26),
    "wine": (0.62, 0.26, 0.34),
    "verdigris": (0.45, 0.74, 0.62),
}
"""What a full layer leaves of red, green and blue."""
DEPOSITS = {"limescale": (0.90, 0.90, 0.86), "mould": (0.62, 0.68, 0.58)}
"""Colours of layers that cover."""
DEPOSIT_SHARE = 0.25
"""How often a stain is a deposit."""


def add_stain(photo: Photo, area: float, random: Random) -> tuple[Photo, dict[str, Any]]:
    """Stain about `area` pixels of the object around a random point; also, what it is."""
    rows, columns = np.nonzero(photo.on_object)
    chosen = int(random.integers(len(rows)))
    centre = columns[chosen] + 0.5, rows[chosen] + 0.5
    outline = soft_outline(random)
    inside = photo.on_object.astype(np.float32)
    softness = float(random.uniform(0.1, 0.35))  # of the radius
    radius = radius_for(lambda *at: outline.mask(*at, softness * at[-1]), photo.on_object, centre, area)
    layer = inside * outline.mask(photo.size, centre, radius, softness * radius)
    # Liquids dry thicker at their rim, and nowhere evenly.
    coarse = tuple(max(2, int(side / (0.5 * radius)) + 1) for side in layer.shape)
    cloud = cv2.resize(0.2 * random.standard_normal(coarse), photo.size, interpolation=cv2.INTER_CUBIC)
    rim = 4 * layer * (1 - layer)
    thickness = (layer * (random.uniform(0.55, 0.95) + cloud + random.uniform(0, 0.3) * rim)).clip(0, 1)[..., None]
    kinds = DEPOSITS if random.random() < DEPOSIT_SHARE else TINTS
    name = list(kinds)[int(random.integers(len(kinds)))]
    color = (np.array(kinds[name]) * np.exp(random.normal(0, 0.08, 3))).clip(0, 1)
    layered = color if kinds is DEPOSITS else photo.rgb * color
    rgb = photo.rgb + thickness * (layered - photo.rgb)
    return Photo(rgb.astype(np.float32), photo.alpha, photo.on_object), {"stain": name}
