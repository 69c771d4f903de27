"""The photos of a scene and how the world is projected into them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.data.scene_layout import OPENCV_TO_OPENGL, Scene
from pad_nerfstudio.features.color import srgb_to_lab


@dataclass(frozen=True, eq=False)
class Photos:
    """Some views of a scene."""

    rgb: Float[np.ndarray, "views h w 3"]
    """sRGB in [0, 1], float32."""
    lab: Float[np.ndarray, "views h w 3"]
    """CIE L*a*b* colours, float32."""
    projections: Float[np.ndarray, "views 3 4"]
    """World points to homogeneous pixels, whose last coordinate is the depth; the first pixel's centre is (0, 0)."""
    centers: Float[np.ndarray, "views 3"]
    """Of the cameras, world frame."""
    cameras: PinholeStack
    """The same cameras, as fields see them."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every photo."""
        return self.lab.shape[2], self.lab.shape[1]


def read_photos(scene: Scene, views: Sequence[int]) -> Photos:
    """The photos of a scene whose numbers are given, in an order that depends on nothing but the cameras' places.

    Raises:
        UserError: an image is broken
    """
    camera = scene.camera
    # OpenCV's image functions count from the centre of the first pixel, cameras from its corner
    k = np.array([[camera.fl_x, 0, camera.cx - 0.5], [0, camera.fl_y, camera.cy - 0.5], [0, 0, 1]])
    views = sorted(views, key=lambda view: tuple(scene.views[view].camera_to_world[:3, 3]))
    poses = np.stack([scene.views[view].camera_to_world for view in views])
    to_camera = OPENCV_TO_OPENGL @ np.linalg.inv(poses)
    rgb = np.stack([read_image(scene.views[view].path) for view in views]).astype(np.float32) / 255
    lab = srgb_to_lab(torch.from_numpy(rgb)).numpy()
    focal, middle = ((camera.fl_x, camera.fl_y), (camera.cx, camera.cy))
    focals, middles = (torch.tensor([numbers]).expand(len(views), 2).float() for numbers in (focal, middle))
    to_world = torch.from_numpy(poses[:, :3]).float()
    cameras = PinholeStack.of_one_size(to_world, focals, middles, rgb.shape[2], rgb.shape[1])
    return Photos(rgb, lab, k @ to_camera[:, :3], poses[:, :3, 3], cameras)


def project(
    points: Float[np.ndarray, "*n 3"], projection: Float[np.ndarray, "3 4"]
) -> tuple[Float[np.ndarray, "*n 2"], Float[np.ndarray, "*n"]]:
    """Pixels (x from the left, y from the top) and depths along the viewing axis of world points in one view.

    Points behind the camera have a negative depth; their pixels mean nothing.
    """
    homogeneous = points @ projection[:, :3].T + projection[:, 3]
    depth = homogeneous[..., 2]
    return homogeneous[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)[..., None], depth
