"""The query as one level of the coarse-to-fine alignment sees it."""

from dataclasses import dataclass, replace

from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.image_pyramid import blur, cropped_camera, gradient, resize, scaled_camera
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.silhouette import LOOKED_AT, Backdrop, backdrop, contrast


@dataclass(frozen=True)
class Target:
    """A query image resized, smoothed and cut to the neighbourhood of its object."""

    rgb: Float[Tensor, "h w 3"]
    """Colour in [0, 1]."""
    gradient: Float[Tensor, "h w 3 2"]
    """Derivative of `rgb` along x and y, per pixel."""
    silhouette: Bool[Tensor, "h w"]
    """Where the query shows something else than its background."""
    camera: Pinhole
    """Intrinsics of exactly this window at this size."""
    sigma: float
    """The smoothing that a rendering needs to be compared with it, in pixels."""
    background: Backdrop | None
    """What stands behind the object; None where the border of the image does not tell."""
    cluttered: bool = False
    """Whether that alone is no reason to take the whole image for object: the field shows an object before a plain
    background, so that only what a rendering shows of it is compared."""

    def zoomed(self, factor: float) -> "Target":
        """The same picture taken with another focal length."""
        return self if factor == 1.0 else replace(self, camera=zoomed(self.camera, factor))

    def rim(self, pixels: int) -> int:
        """How wide a rim around the object takes part in an alignment, of `pixels` that would."""
        return 0 if self.cluttered else pixels


def make_target(
    query: Float[Tensor, "h w 3"],
    camera: Pinhole,
    size: int,
    sigma: float,
    margin: float = 0.1,
    cluttered: bool = False,
) -> Target:
    """Prepare a query for one level.

    Args:
        query: colour in [0, 1]
        camera: its intrinsics
        size: longer side of the whole image at this level, in pixels; never larger than the query
        sigma: smoothing in pixels of this level
        margin: space left around the silhouette's bounding box, as a share of its longer side
        cluttered: see `Target.cluttered`
    """
    camera = scaled_camera(camera, size)
    small = resize(query, camera.w, camera.h)
    background = None if cluttered else backdrop(small)
    silhouette = contrast(small, background) > 0.5
    smooth = blur(small, sigma)
    slopes = gradient(smooth)
    rows, columns = silhouette.any(1).nonzero()[:, 0], silhouette.any(0).nonzero()[:, 0]
    if len(rows) == 0:
        return Target(smooth, slopes, silhouette, camera, sigma, background, cluttered)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    space = 3 + round(margin * max(bottom - top, right - left))
    top, left = max(0, top - space), max(0, left - space)
    bottom, right = min(camera.h, bottom + space), min(camera.w, right + space)
    window = (slice(top, bottom), slice(left, right))
    cut = cropped_camera(camera, left, top, right - left, bottom - top)
    if background is not None and background.ndim == 3:
        background = background[window]
    return Target(smooth[window], slopes[window], silhouette[window], cut, sigma, background, cluttered)


def is_cluttered(query: Float[Tensor, "h w 3"], camera: Pinhole) -> bool:
    """Whether a query's border does not tell what stands behind its object."""
    camera = scaled_camera(camera, LOOKED_AT)
    return backdrop(resize(query, camera.w, camera.h)) is None


def mismatch(
    rgb: Float[Tensor, "h w 3"], accumulation: Float[Tensor, "h w"], target: Target, limit: float = 0.25
) -> float:
    """How badly a rendering explains a query: mean truncated colour difference where either shows an object, in [0, 1].

    Both silhouettes count, so that a pose that hides half of the query's object in the background is not a good one,
    unless the query's is not known; a defect counts no more than `limit` a pixel.

    Args:
        rgb: the rendering, smoothed like the target
        accumulation: its opacity
        target: the query
        limit: colour difference (Euclidean, RGB in [0, 1]) that counts as wholly wrong
    """
    shown = accumulation > 0.5
    union = shown if target.cluttered else target.silhouette | shown
    if not union.any():
        return 1.0
    difference = (rgb - target.rgb)[union].norm(dim=-1)
    return (difference / limit).clamp_max(1).mean().item()
