"""Where world points appear in a view."""

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.pinhole import Pinhole


def project(
    points: Float[np.ndarray, "*n 3"], camera_to_world: Float[np.ndarray, "4 4"], camera: Pinhole
) -> tuple[Float[np.ndarray, "*n 2"], Float[np.ndarray, "*n"]]:
    """Pixels of world points, and their depths.

    Args:
        points: world frame
        camera_to_world: OpenGL axes (x right, y up, z back)
        camera: intrinsics

    Returns:
        pixels (x from the left edge, y from the top edge; the first pixel's centre is 0.5, 0.5), NaN for points that
        are not in front of the camera, and depths along the camera's axis, in world units
    """
    in_camera = (points - camera_to_world[:3, 3]) @ camera_to_world[:3, :3]
    depth = -in_camera[..., 2]
    scale = np.divide(1.0, depth, out=np.full_like(depth, np.nan), where=depth > 0)
    x = camera.cx + camera.fl_x * in_camera[..., 0] * scale
    y = camera.cy - camera.fl_y * in_camera[..., 1] * scale
    return np.stack([x, y], axis=-1), depth
