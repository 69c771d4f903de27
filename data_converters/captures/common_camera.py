"""The one pinhole camera that all photos of a capture are brought to."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from captures.lens import Lens
from pad_nerfstudio.data.pinhole import Pinhole

ROUNDING = 0.01
"""A hundredth of a pixel at the edge is no reason for one pixel more."""


def common_camera(lenses: Sequence[Lens], longest_side: int | None = None) -> Pinhole:
    """A pinhole camera in which every photo finds room and none loses detail in the middle.

    - Where all photos have one camera without distortion, it is that one.
    - Focal length: the median over the photos of focal length / longer side, times the longest side of any photo. So
      photos in mixed sizes (downscaled copies, say) keep the detail of the largest.
    - Size and principal point: the smallest rectangle that holds every pixel of every photo, up to 60 degrees from the
      axis. For portrait and landscape photos it is about a square; what a photo does not show of it is transparent.

    Args:
        lenses: of the photos, at their sizes
        longest_side: shrink to at most so many pixels
    """
    if lenses[0].is_pinhole and all(lens == lenses[0] for lens in lenses):
        first = lenses[0]
        camera = Pinhole(first.fl_x, first.fl_y, first.cx, first.cy, first.w, first.h)
    else:
        sides = [max(lens.w, lens.h) for lens in lenses]
        focal = np.median([(lens.fl_x, lens.fl_y) for lens in lenses] / np.array(sides)[:, None], axis=0) * max(sides)
        borders = np.concatenate([lens.rays(border(lens.w, lens.h)) for lens in dict.fromkeys(lenses)])
        low, high = borders.min(0) * focal, borders.max(0) * focal
        size = np.ceil(high - low - ROUNDING).astype(int)
        centre = -low + (size - (high - low)) / 2
        camera = Pinhole(*map(float, (*focal, *centre)), *map(int, size))
    shrink = 1.0 if longest_side is None else longest_side / max(camera.w, camera.h)
    if shrink >= 1:
        return camera
    return camera.resized(max(1, math.floor(camera.w * shrink + 0.5)), max(1, math.floor(camera.h * shrink + 0.5)))


def border(w: int, h: int, samples: int = 129) -> Float[np.ndarray, "n 2"]:
    """Points along the edge of an image of `w` x `h` pixels, in pixels."""
    along, start, end = np.linspace(0, 1, samples), np.zeros(samples), np.ones(samples)
    x = np.concatenate([along, along, start, end])
    y = np.concatenate([start, end, along, along])
    return np.stack([x * w, y * h], axis=-1)
