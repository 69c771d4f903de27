"""The photos of a scene and how the world is projected into them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.odd_one_out.projection import projection_matrix


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
    views = sorted(views, key=lambda view: tuple(scene.views[view].camera_to_world[:3, 3]))
    poses = np.stack([scene.views[view].camera_to_world for view in views])
    rgb = np.stack([read_image(scene.views[view].path) for view in views]).astype(np.float32) / 255
    return photos_of(rgb, poses, scene.camera)


def photos_of(
    rgb: Float[np.ndarray, "views h w 3"], camera_to_world: Float[np.ndarray, "views 4 4"], camera: Pinhole
) -> Photos:
    """Photos that are read already.

    Args:
        rgb: sRGB in [0, 1], float32
        camera_to_world: OpenGL axes
        camera: intrinsics; pixel centres at half-integers
    """
    # OpenCV's image functions count from the centre of the first pixel, cameras from its corner
    from_centre = replace(camera, cx=camera.cx - 0.5, cy=camera.cy - 0.5)
    lab = srgb_to_lab(torch.from_numpy(rgb)).numpy()
    focal, middle = ((camera.fl_x, camera.fl_y), (camera.cx, camera.cy))
    focals, middles = (torch.tensor([numbers]).expand(len(rgb), 2).float() for numbers in (focal, middle))
    to_world = torch.from_numpy(camera_to_world[:, :3]).float()
    cameras = PinholeStack.of_one_size(to_world, focals, middles, rgb.shape[2], rgb.shape[1])
    return Photos(rgb, lab, projection_matrix(camera_to_world, from_centre), camera_to_world[:, :3, 3], cameras)
