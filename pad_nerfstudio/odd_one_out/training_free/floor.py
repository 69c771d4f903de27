"""What the floor z = 0 looks like in a view, judged by the other views."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.odd_one_out.training_free.photos import Photos, project

ROW = 1024
"""`cv2.remap` takes no more than 32767 columns."""
ALIKE = 6.0
"""Colours that differ by less, in CIE L*a*b*, may be of one place: highlights of the floor move with the camera."""


def floor_points(
    projection: Float[np.ndarray, "3 4"], size: tuple[int, int]
) -> tuple[Float[np.ndarray, "h w 2"], Bool[np.ndarray, "h w"]]:
    """Where the ray of each pixel meets the floor z = 0 (world x and y), and whether it does so before the camera."""
    to_floor = np.linalg.inv(projection[:, [0, 1, 3]])  # homography from pixels
    pixels = np.stack(np.meshgrid(*[np.arange(n) for n in size]), axis=-1)
    homogeneous = pixels @ to_floor[:, :2].T + to_floor[:, 2]
    return homogeneous[..., :2] / homogeneous[..., 2:], homogeneous[..., 2] > 0


def sample(image: Float[np.ndarray, "h w 3"], pixels: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    """Values at pixels (x from the left, y from the top), linear in between; the border goes on outside."""
    rows = -(-max(len(pixels), 1) // ROW)
    padded = np.zeros((rows * ROW, 2), np.float32)
    padded[: len(pixels)] = np.clip(pixels, -1e4, 1e4)
    x, y = padded.reshape(rows, ROW, 2).transpose(2, 0, 1)
    sampled = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return sampled.reshape(rows * ROW, 3)[: len(pixels)]


def floor_agreement(
    photos: Photos, view: int, others: Sequence[int], points: Float[np.ndarray, "n 2"], where: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, " n"]:
    """Share of the other views that show a view's colours at the same places of the floor.

    Pixels of the floor agree with all views but those in which something stands before it; pixels of an object meet
    another place of the floor in each view, so they agree with few, unless it is flat and of one colour.

    Args:
        photos: all views
        view: number of the view
        others: numbers of views to compare with
        points: x and y on the floor of the pixels to compare
        where: those pixels, n of them

    Returns:
        Shares of the views that see a place; NaN where fewer than two do, unless there is but one other view.
    """
    width, height = photos.size
    on_floor = np.concatenate([points, np.zeros_like(points[:, :1])], axis=1)
    own = photos.lab[view][where]
    seen, alike = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    for other in others:
        pixels, depth = project(on_floor, photos.projections[other])
        inside = (depth > 0) & (pixels >= 0).all(1) & (pixels <= (width - 1, height - 1)).all(1)
        shown = sample(photos.lab[other], pixels[inside].astype(np.float32))
        seen[inside] += 1
        alike[inside] += ((shown - own[inside]) ** 2).sum(axis=1) < ALIKE**2
    return np.where(seen >= min(2, len(others)), alike / np.maximum(seen, 1), np.nan)
