"""Poses as the web viewer has them: OpenCV axes, Nerfstudio's frame, ten times as large."""

import math

import numpy as np
import torch
import viser.transforms as vtf
from jaxtyping import Float
from nerfstudio.viewer.viewer import VISER_NERFSTUDIO_SCALE_RATIO
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.trained_field import WorldFrame
from pad_nerfstudio.viewing.view import along_ray


def viewer_pose(
    frame: WorldFrame, camera_to_world: Float[Tensor, "4 4"]
) -> tuple[Float[np.ndarray, "4"], Float[np.ndarray, "3"]]:
    """Rotation (quaternion, w first) and position in the viewer of a camera of the data set's world."""
    pose = frame.to_nerfstudio(camera_to_world.double()).cpu().numpy()
    rotation = vtf.SO3.from_matrix(pose[:, :3]) @ vtf.SO3.from_x_radians(np.pi)
    return rotation.wxyz, pose[:, 3] * VISER_NERFSTUDIO_SCALE_RATIO


def pose_of_ray(
    frame: WorldFrame, origin: tuple[float, float, float], direction: tuple[float, float, float]
) -> Float[Tensor, "4 4"]:
    """A camera of the data set's world that looks straight along a ray of the viewer."""
    start = torch.tensor(origin, dtype=torch.float64) / VISER_NERFSTUDIO_SCALE_RATIO
    return frame.from_nerfstudio(along_ray(start, torch.tensor(direction, dtype=torch.float64))[:3])


def ray_of_click(
    position: Float[np.ndarray, "3"],
    wxyz: Float[np.ndarray, "4"],
    fov: float,
    aspect: float,
    screen_pos: tuple[float, float],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Origin and direction, in the viewer, of the ray through a place of a window.

    Args:
        position: of the window's camera
        wxyz: its rotation, OpenCV axes
        fov: its vertical field of view, radians
        aspect: width by height of the window
        screen_pos: from 0 to 1, rightwards and downwards
    """
    right, down = (2 * share - 1 for share in screen_pos)
    slope = math.tan(fov / 2)
    x, y, z = (vtf.SO3(np.asarray(wxyz)).as_matrix() @ np.array([right * slope * aspect, down * slope, 1.0])).tolist()
    a, b, c = np.asarray(position).tolist()
    return (a, b, c), (x, y, z)


def viewer_length(frame: WorldFrame, length: float) -> float:
    """A length of the data set's world in the viewer."""
    return length * frame.scale * VISER_NERFSTUDIO_SCALE_RATIO


def vertical_angle(camera: Pinhole) -> float:
    """Vertical field of view in radians of a centred camera that is as high as this one."""
    return 2 * math.atan(camera.h / 2 / camera.fl_y)


def angle_that_shows(camera: Pinhole, aspect: float) -> float:
    """Vertical field of view in radians with which a centred window shows all of a photo.

    Args:
        camera: of the photo
        aspect: width by height of the window
    """
    up = max(camera.cy, camera.h - camera.cy) / camera.fl_y
    aside = max(camera.cx, camera.w - camera.cx) / camera.fl_x
    return 2 * math.atan(max(up, aside / aspect))
