"""A photo as another camera in the same place would have taken it: one resampling, straight from the photo."""

import math
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from captures.lens import Lens
from pad_nerfstudio.data.pinhole import Pinhole

SHRINKS = 1.25
"""More pixels of the photo than that for one of the result, along x or y, and the result averages finer samples."""
ROWS = 128
"""Rows of the result computed at once, as double precision takes ten times the memory of the grid."""


def undistort(
    photo: UInt8[np.ndarray, "h w c"], lens: Lens, camera: Pinhole
) -> tuple[UInt8[np.ndarray, "h2 w2 c"], UInt8[np.ndarray, "h2 w2"]]:
    """Resample `photo`, taken through `lens`, to `camera` (bicubic; area average where it shrinks).

    Args:
        photo: of the size that `lens` says
        lens: its camera
        camera: the camera wanted, at the same place

    Returns:
        The image, 0 where the photo does not reach, and how much of each pixel (0 to 255) the photo covers.
    """
    fine = finer(lens, camera)
    across, down, covered = source_grid(lens, camera, fine)
    image = cv2.remap(photo, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    coverage = np.where(covered, np.uint8(255), np.uint8(0))
    if fine > 1:
        image = cv2.resize(image, (camera.w, camera.h), interpolation=cv2.INTER_AREA)
        coverage = cv2.resize(coverage, (camera.w, camera.h), interpolation=cv2.INTER_AREA)
    image = image.reshape(camera.h, camera.w, -1)
    return np.where(coverage[..., None] > 0, image, np.uint8(0)), coverage


def finer(lens: Lens, camera: Pinhole) -> int:
    """How many samples along x and y to average for one pixel of `camera`, so that none of the photo is skipped."""
    shrink = max(lens.fl_x / camera.fl_x, lens.fl_y / camera.fl_y)
    return max(1, math.ceil(shrink / SHRINKS))


@lru_cache(maxsize=2)
def source_grid(
    lens: Lens, camera: Pinhole, fine: int
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Where in the photo each of `fine` x `fine` samples of a pixel of `camera` lies, and whether it does at all.

    Returns:
        x and y as OpenCV counts them, the centre of the first pixel at 0; and which samples the photo shows.
    """
    w, h = camera.w * fine, camera.h * fine
    across, down = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    covered = np.empty((h, w), bool)
    x = ((np.arange(w) + 0.5) / fine - camera.cx) / camera.fl_x
    y = ((np.arange(h) + 0.5) / fine - camera.cy) / camera.fl_y
    for start in range(0, h, ROWS):
        rows = slice(start, start + ROWS)
        rays = np.stack(np.meshgrid(x, y[rows]), axis=-1)
        pixels = lens.project(rays)
        covered[rows] = lens.sees(rays, pixels)
        pixels = np.where(covered[rows, :, None], pixels - 0.5, -1.0)
        across[rows], down[rows] = pixels[..., 0], pixels[..., 1]
    return across, down, covered
