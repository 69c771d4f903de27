"""A photo, or its map, as another camera would see it on the object."""

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped

from pad_nerfstudio.localization.jacobian import project
from pad_nerfstudio.viewing.view import View

HIDDEN = 0.02
"""A point is hidden from a camera where it lies behind what it sees there by more than this share of its depth."""
SAME_PLACE = 0.01
"""Cameras nearer to each other than this share of the object's distance see the same things."""


def reprojected(
    image: Shaped[np.ndarray, "a b *channels"], taken: View, view: View
) -> tuple[Shaped[np.ndarray, "h w *channels"], Bool[np.ndarray, "h w"]]:
    """An image as `view` would see it, and where it does.

    From where the image was taken that is all of it, turned and cropped; from elsewhere, what lies on the object and
    was not hidden from the camera that took it.

    Args:
        image: float32 or 8 bits, of the proportions of `taken`
        taken: what the good object looks like from where the image was taken
        view: what it looks like from where it is looked at
    """
    pixels, seen = where_shown(view.points, taken)
    if not same_place(view, taken):
        seen &= view.solid & _not_hidden(view.points, pixels, taken)
    return _sampled(image, pixels, taken, cv2.INTER_LINEAR), seen


def ahead_of(image: Float[np.ndarray, "a b"], taken: View, view: View) -> float | None:
    """What an image shows of what a view of a single pixel sees of the object; None where it does not show it."""
    pixels, seen = where_shown(view.points, taken)
    if not seen.all() or not (same_place(view, taken) or _not_hidden(view.points, pixels, taken).all()):
        return None
    return float(_sampled(image, pixels, taken, cv2.INTER_LINEAR)[0, 0])


def same_place(view: View, taken: View) -> bool:
    """Whether two cameras stand where they see the same things."""
    return float((view.center - taken.center).norm()) <= SAME_PLACE * taken.distance


def where_shown(
    points: Float[np.ndarray, "h w 3"], view: View
) -> tuple[Float[np.ndarray, "h w 2"], Bool[np.ndarray, "h w"]]:
    """Pixel coordinates (x, y) of world points in a view, and which are in front of it and inside of its picture."""
    local = _in_camera(points, view)
    pixels = project(torch.from_numpy(local.reshape(-1, 3)), view.camera).numpy().reshape(*points.shape[:2], 2)
    inside = ((pixels >= 0) & (pixels <= (view.camera.w, view.camera.h))).all(axis=-1)
    return pixels, inside & (local[..., 2] < 0)


def _in_camera(points: Float[np.ndarray, "h w 3"], view: View) -> Float[np.ndarray, "h w 3"]:
    return (points - view.center.numpy()) @ view.camera_to_world[:3, :3].numpy()


def _not_hidden(
    points: Float[np.ndarray, "h w 3"], pixels: Float[np.ndarray, "h w 2"], taken: View
) -> Bool[np.ndarray, "h w"]:
    """Which points lie where the camera's view ends on the object."""
    depth = taken.rendering.depth.cpu().numpy().astype(np.float32)
    ends = _sampled(np.where(taken.solid, depth, np.float32(0)), pixels, taken, cv2.INTER_NEAREST)
    return -_in_camera(points, taken)[..., 2] <= ends * (1 + HIDDEN)


def _sampled(
    image: Shaped[np.ndarray, "a b *channels"], pixels: Float[np.ndarray, "h w 2"], taken: View, how: int
) -> Shaped[np.ndarray, "h w *channels"]:
    """An image at pixel coordinates of `taken`, whatever its own size; OpenCV has pixel centres at integers."""
    scale = np.array([image.shape[1] / taken.camera.w, image.shape[0] / taken.camera.h])
    places = np.nan_to_num(pixels * scale - 0.5, posinf=-1.0, neginf=-1.0).clip(-1e6, 1e6).astype(np.float32)
    return cv2.remap(image, places[..., 0], places[..., 1], how, borderMode=cv2.BORDER_REPLICATE)
