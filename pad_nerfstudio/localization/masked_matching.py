"""Finding an object before any background: views are laid over the photo and compared where they show the object.

For every apparent size and roll, each view's picture is moved over the whole photo, and the mean squared colour
difference over its silhouette is found for all places at once by Fourier transforms, in the exposure that suits each
place best. What lies beside the silhouette counts for nothing.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.image_pyramid import resize
from pad_nerfstudio.localization.silhouette import Centred

SIDE = 16
"""Of a picture, in pixels."""
REACH = 1.8
"""Half of a picture's side in units of the silhouette's spread (a disc ends at 1.41, a rod at 1.73)."""
SIZES = (0.72, 0.9, 1.12, 1.4)
"""Apparent sizes tried, in units of the views' median one."""
ROLLS = 24
"""Rolls tried, evenly over the circle."""


EXPOSURES = (0.5, 2.0)
"""Range of how much brighter a photo may be than the views."""


@dataclass(frozen=True, eq=False)
class Matches:
    """How well views explain a photo, each at its best place."""

    cost: Float[Tensor, "sizes rolls views"]
    """Mean squared colour difference over the silhouette."""
    place: Float[Tensor, "sizes rolls views 2"]
    """Where the object's centre lies in the photo: x and y (up) at focal length one."""
    spreads: Float[Tensor, " sizes"]
    """The apparent sizes tried, see `Centred`."""


def picture(
    image: Float[Tensor, "h w 3"], silhouette: Float[Tensor, "h w"], camera: Pinhole, view: Centred
) -> Float[Tensor, "4 side side"]:
    """A view as the camera turned to its object sees it, always of the same size: colour and silhouette."""
    layers = torch.cat([image, silhouette[..., None]], dim=-1)
    step = 2 * REACH * view.spread / SIDE
    rays = _plane(SIDE, SIDE, step).to(image) @ view.rotation.T.to(image)
    return _sampled(layers, camera, rays, step)


def match(
    image: Float[Tensor, "h w 3"], camera: Pinhole, pictures: Float[Tensor, "views 4 side side"], spread: float
) -> Matches:
    """Lay every picture over a photo at every size, roll and place.

    Args:
        image: colour in [0, 1]
        camera: its intrinsics
        pictures: the views, see `picture`
        spread: their median apparent size
    """
    spreads = torch.tensor([spread * size for size in SIZES])
    costs, places = [], []
    for size in spreads.tolist():
        n = _photo_side(camera, size)
        filters = Filters.of(pictures, n)
        found = [_best_places(filters(photo), back, size) for photo, back in _turned(image, camera, size, n)]
        costs.append(torch.stack([cost for cost, _ in found]))
        places.append(torch.stack([place for _, place in found]))
    return Matches(torch.stack(costs), torch.stack(places), spreads)


@dataclass(frozen=True, eq=False)
class Filters:
    """Pictures ready to be laid over any photo of one size."""

    spectra: Complex[Tensor, "views 4 n half"]
    """Of the colours under the silhouette, and of the silhouette."""
    own: Float[Tensor, " views"]
    """Sum of the squared colours under the silhouette."""
    areas: Float[Tensor, " views"]
    """Pixels of the silhouette."""
    n: int
    """Side of the photo in pixels."""
    side: int
    """Side of the pictures in pixels."""

    @classmethod
    def of(cls, pictures: Float[Tensor, "views 4 side side"], n: int) -> "Filters":
        """Filters for photos of `n` x `n` pixels."""
        colours, mask = pictures[:, :3], pictures[:, 3:]
        spectra = torch.fft.rfft2(torch.cat([colours * mask, mask], dim=1), s=(n, n)).conj()
        own = (colours * colours * mask).sum((1, 2, 3))
        return cls(spectra, own, mask.sum((1, 2, 3)).clamp_min(1.0), n, pictures.shape[-1])

    def __call__(self, photo: Float[Tensor, "3 n n"]) -> Float[Tensor, "views places places"]:
        """Mean squared difference over each silhouette, for every place of the picture wholly within the photo.

        The photo is `exposure` times as bright as the picture, whatever within `EXPOSURES` fits best; differences are
        told in the picture's brightness.
        """
        spectrum = torch.fft.rfft2(torch.cat([photo, (photo * photo).sum(0, keepdim=True)]))
        crossed, squares = self._correlated(spectrum[:3], slice(0, 3)), self._correlated(spectrum[3:], slice(3, 4))
        own = self.own[:, None, None]
        exposure = (crossed / own.clamp_min(1e-6)).clamp(*EXPOSURES)
        difference = squares / exposure**2 - 2 * crossed / exposure + own
        return (difference / self.areas[:, None, None]).clamp_min(0)

    def _correlated(self, spectrum: Complex[Tensor, "c n half"], layers: slice) -> Float[Tensor, "views places places"]:
        places = self.n - self.side + 1
        product = (spectrum * self.spectra[:, layers]).sum(1)
        return torch.fft.irfft2(product, s=(self.n, self.n))[:, :places, :places]


def mean_differences_reference(
    photo: Float[Tensor, "3 n n"], pictures: Float[Tensor, "views 4 side side"]
) -> Float[Tensor, "views places places"]:
    """What `Filters` gives, by its definition."""
    side = pictures.shape[-1]
    windows = photo.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4)[None]
    colours, mask = pictures[:, None, None, :3], pictures[:, None, None, 3:]
    exposure = (windows * colours * mask).sum((3, 4, 5)) / (colours * colours * mask).sum((3, 4, 5)).clamp_min(1e-6)
    lit = windows / exposure.clamp(*EXPOSURES)[..., None, None, None]
    return ((lit - colours).square() * mask).sum((3, 4, 5)) / mask.sum((3, 4, 5)).clamp_min(1.0)


def _best_places(
    differences: Float[Tensor, "views places places"], back: Float[Tensor, "2 2"], size: float
) -> tuple[Float[Tensor, " views"], Float[Tensor, "views 2"]]:
    cost, index = differences.flatten(1).min(1)
    places = differences.shape[-1]
    offset = torch.stack([index % places, -(index // places)], dim=-1) - (places - 1) / 2 * torch.tensor([1.0, -1.0])
    return cost, offset * (2 * REACH * size / SIDE) @ back.T


def _photo_side(camera: Pinhole, size: float) -> int:
    """Pixels of a photo that is turned in any way, and of a frame of half a picture's side."""
    step = 2 * REACH * size / SIDE
    return math.ceil(math.hypot(camera.w / camera.fl_x, camera.h / camera.fl_y) / step) + SIDE // 2


def _turned(
    image: Float[Tensor, "h w 3"], camera: Pinhole, size: float, n: int
) -> Iterator[tuple[Float[Tensor, "3 n n"], Float[Tensor, "2 2"]]]:
    """The photo with pixels as large as those of pictures of an object of this size, at every roll; and the way back.

    It is framed by its mean colour, so that an object may reach over its border.
    """
    step = 2 * REACH * size / SIDE
    plane = _plane(n, n, step).to(image)
    mean = image.mean((0, 1))
    for roll in range(ROLLS):
        angle = 2 * math.pi * roll / ROLLS
        c, s = math.cos(angle), math.sin(angle)
        back = torch.tensor([[c, s], [-s, c]])
        rays = torch.cat([plane[..., :2] @ back.T, plane[..., 2:]], dim=-1)
        yield _sampled(image - mean, camera, rays, step) + mean[:, None, None], back


def _plane(h: int, w: int, step: float) -> Float[Tensor, "h w 3"]:
    """Directions on a grid around the viewing axis, with z = -1."""
    x, y = (torch.arange(w) - (w - 1) / 2) * step, -(torch.arange(h) - (h - 1) / 2) * step
    y, x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([x, y, -torch.ones_like(x)], dim=-1)


def _sampled(
    layers: Float[Tensor, "h w c"], camera: Pinhole, rays: Float[Tensor, "h2 w2 3"], step: float
) -> Float[Tensor, "c h2 w2"]:
    """An image seen along directions `step` apart; 0 beside it."""
    scale = min(1.0, 1 / (camera.fl_x * step))
    camera = camera.resized(max(2, round(camera.w * scale)), max(2, round(camera.h * scale)))
    small = resize(layers, camera.w, camera.h)
    depth = -rays[..., 2].clamp_max(-1e-3)
    u = camera.cx + camera.fl_x * rays[..., 0] / depth
    v = camera.cy - camera.fl_y * rays[..., 1] / depth
    grid = torch.stack([2 * u / camera.w - 1, 2 * v / camera.h - 1], dim=-1)[None]
    return functional.grid_sample(small.permute(2, 0, 1)[None], grid, align_corners=False)[0]


def in_order(matches: Matches, count: int) -> Int[Tensor, "count 3"]:
    """Size, roll and view of the best matches, best first."""
    flat = matches.cost.flatten().topk(min(count, matches.cost.numel()), largest=False).indices
    return torch.stack(torch.unravel_index(flat, matches.cost.shape), dim=-1)


def stacked(pictures: Sequence[Float[Tensor, "4 side side"]]) -> Float[Tensor, "views 4 side side"]:
    """Pictures of all views, each silhouette either there or not."""
    together = torch.stack(list(pictures))
    together[:, 3] = (together[:, 3] > 0.5).float()
    return together
