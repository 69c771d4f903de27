"""What the floor looks like without the objects, where any view shows it: what a scene's field begins with."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import ndimage

from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.fields.surroundings import expand
from pad_nerfstudio.odd_one_out.floor.colors import FloorColors
from pad_nerfstudio.odd_one_out.projection import project
from pad_nerfstudio.odd_one_out.sampling import sample

TEXELS = 640
UNIT = 1.6
"""World units at which the floor's texture is contracted by half; with `TEXELS`, 5 mm a texel near the origin."""
BESIDE, FAR = 0.8, 2.0
"""The floor's colours are learnt between these multiples of the place's radius: farther off, it may have ended."""
UNLIKE = 0.2
"""What a colour counts at least that is farther off."""
AGREED, LEAST_VIEWS = 0.8, 3
"""Share of at least so many views that agree on the colour of what is surely floor."""
ENOUGH = 500
"""Texels from which the floor's colours are learnt."""
STRAY = 0.05
"""Distance in RGB from which on a view's colour counts less."""
ROUNDS = 4
KNOWN = 0.15
"""Share of the views that see a place of the floor and show a colour of it, from which on its colour is known."""
SPREADS = (1, 2, 4, 8, 16, 32, 64)
"""Of `TEXELS`: over which known colours are carried into the unknown, one after the other."""


@dataclass(frozen=True, eq=False)
class FloorTexture:
    """Colours of the floor in coordinates contracted by `UNIT`; rows are y, columns are x."""

    rgb: Float[np.ndarray, "t t 3"]
    known: Bool[np.ndarray, "t t"]
    """Where views show the floor; carried over from neighbours elsewhere."""


def floor_texture(
    rgb: Float[np.ndarray, "views h w 3"],
    projections: Float[np.ndarray, "views 3 4"],
    radius: float,
    texels: int = TEXELS,
) -> FloorTexture:
    """The robust mean over the views of each place's colour, weighted by how much it is like the floor's colours.

    Args:
        rgb: at least one view of a scene whose floor is z = 0; sRGB in [0, 1], float32
        projections: world points to homogeneous pixels; the first pixel's centre is (0, 0)
        radius: objects are not farther than this from the origin along x and y
        texels: along each side
    """
    axis = (torch.arange(texels) + 0.5) / texels * 2 - 1
    coordinates = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1).reshape(-1, 2)
    places = expand(coordinates, UNIT).numpy()
    shown, seen = _shown(rgb, projections, places)
    colors = FloorColors(_lab(_floor_beside(places, shown, seen, radius)))
    lab = _lab(shown)
    far = np.linalg.norm(places, axis=-1) > FAR * radius
    weights = np.maximum(colors.likeness(lab), UNLIKE * far).astype(np.float32) * seen
    mean, agreed = _robust_mean(shown, weights)
    known = (far | (agreed > KNOWN * seen.sum(axis=0))).reshape(texels, texels)
    return FloorTexture(_carried_over(mean.reshape(texels, texels, 3), known), known)


def _lab(rgb: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return srgb_to_lab(torch.from_numpy(rgb)).numpy()


def _shown(
    rgb: Float[np.ndarray, "views h w 3"],
    projections: Float[np.ndarray, "views 3 4"],
    places: Float[np.ndarray, "n 2"],
) -> tuple[Float[np.ndarray, "views n 3"], Bool[np.ndarray, "views n"]]:
    """Colours that each view shows at places of the floor, and whether they lie within it."""
    height, width = rgb.shape[1:3]
    on_floor = np.concatenate([places, np.zeros_like(places[:, :1])], axis=1)
    shown = np.zeros((len(rgb), len(places), 3), np.float32)
    seen = np.zeros(shown.shape[:2], bool)
    for view, projection in enumerate(projections):
        pixels, depth = project(on_floor, projection)
        seen[view] = (depth > 0) & (pixels >= 0).all(1) & (pixels <= (width - 1, height - 1)).all(1)
        shown[view][seen[view]] = sample(rgb[view], pixels[seen[view]].astype(np.float32))
    return shown, seen


def _floor_beside(
    places: Float[np.ndarray, "n 2"],
    shown: Float[np.ndarray, "views n 3"],
    seen: Bool[np.ndarray, "views n"],
    radius: float,
) -> Float[np.ndarray, "m 3"]:
    """Colours of places beside those for objects on which views agree: something before them is in few views only.

    Where there are hardly any, all places on which views agree are taken.
    """
    mean, agreed = _robust_mean(shown, seen.astype(np.float32))
    count = seen.sum(axis=0)
    sure = (count >= min(LEAST_VIEWS, len(seen))) & (agreed > AGREED * count)
    distance = np.linalg.norm(places, axis=-1)
    beside = sure & (distance > BESIDE * radius) & (distance < FAR * radius)
    chosen = next((c for c in (beside, sure, count > 0) if c.sum() >= ENOUGH), np.ones_like(sure))
    return mean[chosen]


def _robust_mean(
    shown: Float[np.ndarray, "views n 3"], weights: Float[np.ndarray, "views n"]
) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, " n"]]:
    """Mean over the views in which strays count little (Cauchy weights), and the sum of what counted."""
    counted = weights
    for _ in range(ROUNDS + 1):
        mean = np.einsum("vn,vnc->nc", counted, shown) / np.maximum(counted.sum(axis=0), 1e-6)[:, None]
        counted = weights / (1 + ((shown - mean) ** 2).sum(axis=-1) / STRAY**2)
    return mean, counted.sum(axis=0)


def _carried_over(rgb: Float[np.ndarray, "t t 3"], known: Bool[np.ndarray, "t t"]) -> Float[np.ndarray, "t t 3"]:
    """Unknown colours as means of known neighbours, as near as there are some."""
    filled, missing = rgb.copy(), ~known
    weight = known.astype(np.float32)
    for spread in np.multiply(SPREADS, len(rgb) / TEXELS):
        near = ndimage.gaussian_filter(weight, spread)
        now = missing & (near > 0.05)
        for channel in range(3):
            total = ndimage.gaussian_filter(rgb[..., channel] * weight, spread)
            filled[now, channel] = total[now] / near[now]
        missing &= ~now
    filled[missing] = rgb[known].mean(axis=0) if known.any() else rgb.mean(axis=(0, 1))
    return filled
