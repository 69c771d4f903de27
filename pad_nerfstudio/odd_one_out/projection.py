"""Where world points appear in a view."""

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.scene_layout import OPENCV_TO_OPENGL


def projection_matrix(camera_to_world: Float[np.ndarray, "*n 4 4"], camera: Pinhole) -> Float[np.ndarray, "*n 3 4"]:
    """World points to pixels times depth; the first pixel's centre is where `camera` has it, at (0.5, 0.5).

    Args:
        camera_to_world: OpenGL axes (x right, y up, z back)
        camera: intrinsics
    """
    k = np.array([[camera.fl_x, 0, camera.cx], [0, camera.fl_y, camera.cy], [0, 0, 1]])
    to_camera = OPENCV_TO_OPENGL @ np.linalg.inv(camera_to_world)
    return k @ to_camera[..., :3, :]


def project(
    points: Float[np.ndarray, "*n 3"], projection: Float[np.ndarray, "3 4"]
) -> tuple[Float[np.ndarray, "*n 2"], Float[np.ndarray, "*n"]]:
    """Pixels (x from the left, y from the top) and depths along the viewing axis of world points in one view.

    Points behind the camera have a negative depth; their pixels mean nothing.
    """
    homogeneous = points @ projection[:, :3].T + projection[:, 3]
    depth = homogeneous[..., 2]
    return homogeneous[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)[..., None], depth


def pixels_in_front(
    points: Float[np.ndarray, "*n 3"], camera_to_world: Float[np.ndarray, "4 4"], camera: Pinhole
) -> Float[np.ndarray, "*n 2"]:
    """Pixels of world points, NaN for those that are not in front of the camera; see `projection_matrix`."""
    pixels, depth = project(points, projection_matrix(camera_to_world, camera))
    return np.where(depth[..., None] > 0, pixels, np.nan)
