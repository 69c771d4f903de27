"""The one pinhole camera that all photos of a capture are brought to."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

from captures.lens import Lens
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError

ROUNDING = 0.01
"""A hundredth of a pixel at the edge is no reason for one pixel more."""


FieldOfView = Literal["all", "shared"]


def common_camera(
    lenses: Sequence[Lens], longest_side: int | None = None, field_of_view: FieldOfView = "all"
) -> Pinhole:
    """A pinhole camera for all photos in which none loses detail in the middle.

    - Where all photos have one camera without distortion, it is that one.
    - Focal length: the median over the photos of focal length / longer side, times the longest side of any photo. So
      photos in mixed sizes (downscaled copies, say) keep the detail of the largest.
    - Size and principal point for the field of view `all`: the smallest rectangle that holds every pixel of every
      photo, up to 60 degrees from the axis; for portrait and landscape photos about a square. For `shared`: the
      rectangle that every photo fills.

    Args:
        lenses: of the photos, at their sizes
        longest_side: shrink to at most so many pixels
        field_of_view: show all that any photo shows, or what every photo does

    Raises:
        UserError: the photos share nothing around their axes
    """
    if lenses[0].is_pinhole and all(lens == lenses[0] for lens in lenses):
        first = lenses[0]
        camera = Pinhole(first.fl_x, first.fl_y, first.cx, first.cy, first.w, first.h)
    else:
        sides = [max(lens.w, lens.h) for lens in lenses]
        focal = np.median([(lens.fl_x, lens.fl_y) for lens in lenses] / np.array(sides)[:, None], axis=0) * max(sides)
        low, high = (limit * focal for limit in limits(lenses, field_of_view))
        size = np.ceil(high - low - ROUNDING) if field_of_view == "all" else np.floor(high - low + ROUNDING)
        if size.min() < 1:
            raise UserError("--field-of-view shared: there is nothing that every photo shows; give all")
        size = size.astype(int)
        centre = -low + (size - (high - low)) / 2
        (fl_x, fl_y), (cx, cy), (w, h) = focal.tolist(), centre.tolist(), size.tolist()
        camera = Pinhole(fl_x, fl_y, cx, cy, w, h)
    shrink = 1.0 if longest_side is None else longest_side / max(camera.w, camera.h)
    if shrink >= 1:
        return camera
    return camera.resized(max(1, math.floor(camera.w * shrink + 0.5)), max(1, math.floor(camera.h * shrink + 0.5)))


def limits(lenses: Sequence[Lens], field_of_view: FieldOfView) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """The least and the greatest (x / z, y / z) of the rectangle around, or within, the photos."""
    edges = np.stack([lens.rays(border(lens.w, lens.h)) for lens in dict.fromkeys(lenses)])  # lens, side, sample, xy
    if field_of_view == "all":
        return edges.min((0, 1, 2)), edges.max((0, 1, 2))
    left, right, top, bottom = np.moveaxis(edges, 1, 0)
    return (
        np.array([left[..., 0].max(), top[..., 1].max()]),
        np.array([right[..., 0].min(), bottom[..., 1].min()]),
    )


def border(w: float, h: float, samples: int = 129) -> Float[np.ndarray, "4 n 2"]:
    """Points along the left, right, upper and lower edge of an image of `w` x `h` pixels, in pixels."""
    along, start, end = np.linspace(0, 1, samples), np.zeros(samples), np.ones(samples)
    x = np.stack([start, end, along, along])
    y = np.stack([along, along, start, end])
    return np.stack([x * w, y * h], axis=-1)
