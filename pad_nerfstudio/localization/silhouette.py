"""Where the object lies in an image: soft silhouette, viewing direction and apparent size."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole

LOOKED_AT = 200
"""Longer side at which a whole image's background is looked at, in pixels."""
_NOISE = 0.02
"""Colour differences below this are compression noise or haze of a field, not object."""
SAME_BACKGROUND = 0.02
"""Backgrounds that differ by less than this in every channel are one."""
_SATURATION = 0.1
"""Colour difference at which a pixel counts as fully object: light-grey parts on white still do."""


Backdrop = Float[Tensor, "3"] | Float[Tensor, "h w 3"]
"""Colour in [0, 1] of what stands behind the object: one for all pixels, or for each its own."""


def border_colour(image: Float[Tensor, "h w 3"]) -> Float[Tensor, "3"] | None:
    """The colour of a plain background, from the image's border; None where the border is not plain."""
    border = torch.cat([image[0], image[-1], image[:, 0], image[:, -1]])
    colour = border.median(dim=0).values
    plain = ((border - colour).abs().amax(-1) < _SATURATION).float().mean()
    return colour if plain > 0.6 else None


def backdrop(image: Float[Tensor, "h w 3"]) -> Backdrop | None:
    """What stands behind the object, as the border tells: one colour, else a smooth change of colour, else None."""
    colour = border_colour(image)
    return colour if colour is not None else _smooth_backdrop(image)


def differs(one: Backdrop, other: Backdrop) -> bool:
    """Whether two backgrounds are not the same one."""
    return bool((one - other).abs().max() > SAME_BACKGROUND)


def _smooth_backdrop(image: Float[Tensor, "h w 3"], rounds: int = 5) -> Float[Tensor, "h w 3"] | None:
    """A polynomial of second degree through the border, like that of a lit wall; None where the border is none."""
    h, w = image.shape[:2]
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    terms = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], dim=-1).to(image)
    sides = (slice(None), 0), (slice(None), -1), (0, slice(None)), (-1, slice(None))
    known, colours = (torch.cat([layer[side] for side in sides]) for layer in (terms, image))
    weight = torch.ones_like(known[:, :1])
    fitted, off = torch.zeros(6, 3), torch.zeros_like(weight)
    for _ in range(rounds):  # what stands in front of the border is an outlier
        fitted = torch.linalg.lstsq(weight * known, weight * colours).solution
        off = (known @ fitted - colours).abs().amax(-1, keepdim=True)
        weight = 1 / (1 + (off / _SATURATION * 2) ** 2)
    return terms @ fitted if float((off < _SATURATION / 2).float().mean()) > 0.75 else None


def contrast(image: Float[Tensor, "h w 3"], background: Backdrop | None) -> Float[Tensor, "h w"]:
    """How much each pixel belongs to the object, in [0, 1]: its colour difference to the background, saturated.

    Everything is object where the background is unknown.
    """
    if background is None:
        return torch.ones_like(image[..., 0])
    difference = (image - background).abs().amax(-1)
    return ((difference - _NOISE) / (_SATURATION - _NOISE)).clamp(0, 1)


def pixel_rays(camera: Pinhole, device: torch.device | None = None) -> Float[Tensor, "h w 3"]:
    """Directions through the pixel centres in camera coordinates (OpenGL axes), with z = -1."""
    x = (torch.arange(camera.w, device=device) + 0.5 - camera.cx) / camera.fl_x
    y = -(torch.arange(camera.h, device=device) + 0.5 - camera.cy) / camera.fl_y
    y, x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([x, y, -torch.ones_like(x)], dim=-1)


@dataclass(frozen=True)
class Centred:
    """The camera turned so that the object lies on its optical axis."""

    rotation: Float[Tensor, "3 3"]
    """Takes directions of the turned camera to the real one, float64."""
    spread: float
    """Root mean square radius of the silhouette in the turned camera's image at focal length one."""


def centred(weights: Float[Tensor, "h w"], camera: Pinhole) -> Centred:
    """Turn the camera to the centroid of a silhouette; pixels count by solid angle, so that any aim gives the same.

    An empty silhouette counts as one that fills the image.
    """
    rays = pixel_rays(camera, weights.device)
    square = (rays * rays).sum(-1)
    if weights.sum() < 1e-6 * weights.numel():
        weights = torch.ones_like(weights)
    weights = (weights * square**-1.5).double()
    unit = (rays / square.sqrt()[..., None]).double()
    axis = torch.nn.functional.normalize((weights[..., None] * unit).sum((0, 1)), dim=0).cpu()
    rotation = turn_to(axis)
    local = unit @ rotation.to(unit.device)
    tangent = local[..., :2] / -local[..., 2:].clamp_max(-1e-3)
    spread = ((weights * (tangent * tangent).sum(-1)).sum() / weights.sum()).sqrt()
    return Centred(rotation, max(spread.item(), 1e-4))


def turn_to(axis: Float[Tensor, "3"]) -> Float[Tensor, "3 3"]:
    """The smallest rotation that takes the viewing direction (0, 0, -1) to the unit vector `axis`."""
    x, y, z = axis.tolist()
    c, k = -z, 1 / max(1 - z, 1e-12)
    return torch.tensor([[1 - x * x * k, -x * y * k, -x], [-x * y * k, 1 - y * y * k, -y], [x, y, c]], dtype=axis.dtype)
