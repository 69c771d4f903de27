"""Rays through pixels of posed pinhole cameras."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole

if TYPE_CHECKING:
    from nerfstudio.cameras.cameras import Cameras


@dataclass(frozen=True)
class PinholeStack:
    """Several undistorted pinhole cameras of one image size."""

    camera_to_world: Float[Tensor, "n 3 4"]
    """Poses, OpenGL axes."""
    focal: Float[Tensor, "n 2"]
    """Focal lengths in x and y, pixels."""
    center: Float[Tensor, "n 2"]
    """Principal points in x and y, pixels."""
    width: int
    """Image width in pixels."""
    height: int
    """Image height in pixels."""

    @classmethod
    def of(cls, camera: Pinhole, camera_to_world: Float[Tensor, "n rows 4"]) -> "PinholeStack":
        """One camera at several poses (3x4 or 4x4)."""
        pose = camera_to_world[:, :3]
        focal = pose.new_tensor([[camera.fl_x, camera.fl_y]]).expand(len(pose), 2)
        center = pose.new_tensor([[camera.cx, camera.cy]]).expand(len(pose), 2)
        return cls(pose, focal, center, camera.w, camera.h)

    @classmethod
    def from_cameras(cls, cameras: "Cameras") -> "PinholeStack":
        """The same cameras without Nerfstudio's generality; sizes must agree and there must be no distortion."""
        focal = torch.cat([cameras.fx, cameras.fy], -1)
        center = torch.cat([cameras.cx, cameras.cy], -1)
        return cls(cameras.camera_to_worlds, focal, center, int(cameras.width[0]), int(cameras.height[0]))

    def to(self, device: torch.device | str) -> "PinholeStack":
        """A copy on `device`."""
        pose, focal, center = (t.to(device) for t in (self.camera_to_world, self.focal, self.center))
        return PinholeStack(pose, focal, center, self.width, self.height)

    def one(self, number: int) -> "PinholeStack":
        """A stack of one of the cameras."""
        return self.some([number])

    def some(self, numbers: list[int]) -> "PinholeStack":
        """A stack of some of the cameras."""
        pose, focal, center = self.camera_to_world[numbers], self.focal[numbers], self.center[numbers]
        return PinholeStack(pose, focal, center, self.width, self.height)

    def homogeneous(self) -> Float[Tensor, "n 4 4"]:
        """The poses with their last row."""
        last = self.camera_to_world.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(len(self.camera_to_world), 1, 4)
        return torch.cat([self.camera_to_world, last], dim=1)

    def pinhole(self, number: int) -> Pinhole:
        """The intrinsics of one of the cameras."""
        (fl_x, fl_y), (cx, cy) = self.focal[number].tolist(), self.center[number].tolist()
        return Pinhole(fl_x, fl_y, cx, cy, self.width, self.height)

    def all_pixels(self) -> tuple[Float[Tensor, "m 3"], Float[Tensor, "m 3"]]:
        """Origins and unit directions of the rays through all pixel centres of the first camera, row by row."""
        x, y = (torch.arange(n, device=self.focal.device) + 0.5 for n in (self.width, self.height))
        x, y = (x - self.center[0, 0]) / self.focal[0, 0], (y - self.center[0, 1]) / self.focal[0, 1]
        right, up, back = self.camera_to_world[0, :, :3].T
        along = (x[None, :, None] * right - back) - y[:, None, None] * up
        directions = torch.nn.functional.normalize(along.view(-1, 3), dim=-1)
        return self.camera_to_world[0, :, 3].expand_as(directions).contiguous(), directions

    def split(self, pixels: Int[Tensor, " m"]) -> tuple[Int[Tensor, " m"], Int[Tensor, " m"], Int[Tensor, " m"]]:
        """Camera, row and column of flat indices into all pixels of all cameras."""
        area = self.width * self.height
        within = pixels % area
        return pixels // area, within // self.width, within % self.width

    def __call__(
        self, view: Int[Tensor, " m"], x: Float[Tensor, " m"], y: Float[Tensor, " m"]
    ) -> tuple[Float[Tensor, "m 3"], Float[Tensor, "m 3"]]:
        """Origins and unit directions, in the world frame, of rays through image points (centres at half-integers)."""
        along = (torch.stack([x, y], -1) - self.center[view]) / self.focal[view]
        in_camera = torch.stack([along[:, 0], -along[:, 1], -torch.ones_like(x)], -1)
        pose = self.camera_to_world[view]
        directions = torch.einsum("mij,mj->mi", pose[:, :, :3], in_camera)
        return pose[:, :, 3].contiguous(), torch.nn.functional.normalize(directions, dim=-1)


def is_plain_pinhole(camera: "Cameras") -> bool:
    """Whether these are cameras of one perspective projection without distortion."""
    from nerfstudio.cameras.cameras import CameraType

    distortion = camera.distortion_params
    undistorted = distortion is None or not bool(distortion.any())
    return undistorted and bool((camera.camera_type == CameraType.PERSPECTIVE.value).all())
