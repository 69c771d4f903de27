"""A descriptor of how an object looks from one side, whatever the roll, aim and distance of the camera.

The image is read on a polar grid around the object's centroid, in a camera turned towards it and with radii in units of
the silhouette's spread. Turning the camera about its axis then only shifts the grid's angles, so that one Fourier
correlation compares two views at every roll (as in Fourier-Mellin registration, Reddy and Chatterji 1996).
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.image_pyramid import resize
from pad_nerfstudio.localization.silhouette import Backdrop, Centred, contrast

RADII = 14
ANGLES = 72
_REACH = 2.2
"""Outermost radius in units of the spread (a disc ends at 1.41, a rod at 1.73)."""


def polar_descriptor(
    image: Float[Tensor, "h w 3"], camera: Pinhole, view: Centred, background: Backdrop | None
) -> Float[Tensor, "features angles"]:
    """Sample colour contrast and silhouette of a view on the polar grid; outside of the image lies background."""
    # One radial step is about one pixel of the resized image: neither aliased nor smeared.
    scale = min(1.0, RADII / (camera.fl_x * view.spread * _REACH))
    camera = camera.resized(max(2, round(camera.w * scale)), max(2, round(camera.h * scale)))
    image = resize(image, camera.w, camera.h)
    if background is not None and background.ndim == 3:
        background = resize(background, camera.w, camera.h)
    base = background if background is not None else image.mean((0, 1))
    layers = torch.cat([image - base, 0.5 * contrast(image, background)[..., None]], dim=-1)

    radius = (torch.arange(RADII, device=image.device) + 0.5) * (_REACH * view.spread / RADII)
    angle = torch.arange(ANGLES, device=image.device) * (2 * math.pi / ANGLES)
    x, y = radius[:, None] * angle.cos(), radius[:, None] * angle.sin()
    rays = torch.stack([x, y, -torch.ones_like(x)], dim=-1) @ view.rotation.T.to(x)
    depth = -rays[..., 2].clamp_max(-1e-3)
    u = camera.cx + camera.fl_x * rays[..., 0] / depth
    v = camera.cy - camera.fl_y * rays[..., 1] / depth
    grid = torch.stack([2 * u / camera.w - 1, 2 * v / camera.h - 1], dim=-1)[None]
    sampled = functional.grid_sample(layers.permute(2, 0, 1)[None], grid, align_corners=False)[0]
    return (sampled * radius.sqrt()[:, None] / (view.spread**0.5)).reshape(-1, ANGLES)


def spectrum(descriptors: Float[Tensor, "*batch features angles"]) -> Complex[Tensor, "*batch features bins"]:
    """Fourier transform over the angle."""
    return torch.fft.rfft(descriptors, dim=-1)


def distances(
    query: Float[Tensor, "features angles"],
    spectra: Complex[Tensor, "n features bins"],
    energies: Float[Tensor, " n"],
) -> Float[Tensor, "n angles"]:
    """Squared distances of a query to `n` views at every roll.

    Entry `[i, s]` compares the query with view `i` seen by a camera turned by `s` steps of 360 / ANGLES degrees about
    its axis, so that its right axis moves towards its up axis.

    Args:
        query: descriptor of the query
        spectra: `spectrum` of the views' descriptors
        energies: sum of squares of each view's descriptor
    """
    correlation = torch.fft.irfft((spectra * spectrum(query).conj()).sum(-2), n=ANGLES, dim=-1)
    return (energies[:, None] + (query * query).sum() - 2 * correlation).clamp_min(0)


def distances_reference(
    query: Float[Tensor, "features angles"], descriptors: Float[Tensor, "n features angles"]
) -> Float[Tensor, "n angles"]:
    """`distances` by its definition: turn each view step by step."""
    turned = [torch.roll(descriptors, -step, dims=-1) for step in range(ANGLES)]
    return torch.stack([((view - query) ** 2).sum((-1, -2)) for view in turned], dim=-1)
