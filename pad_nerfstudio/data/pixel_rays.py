"""Rays through pixels of posed pinhole cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole

if TYPE_CHECKING:
    from nerfstudio.cameras.cameras import Cameras


@dataclass(frozen=True)
class PinholeStack:
    """Several undistorted pinhole cameras, whose images may differ in size."""

    camera_to_world: Float[Tensor, "n 3 4"]
    """Poses, OpenGL axes."""
    focal: Float[Tensor, "n 2"]
    """Focal lengths in x and y, pixels."""
    center: Float[Tensor, "n 2"]
    """Principal points in x and y, pixels."""
    size: Int[Tensor, "n 2"]
    """Widths and heights of the images in pixels."""

    @classmethod
    def of_one_size(
        cls,
        camera_to_world: Float[Tensor, "n 3 4"],
        focal: Float[Tensor, "n 2"],
        center: Float[Tensor, "n 2"],
        width: int,
        height: int,
    ) -> "PinholeStack":
        """Cameras whose images all have `width` x `height` pixels."""
        size = torch.tensor([[width, height]], device=focal.device).expand(len(focal), 2)
        return cls(camera_to_world, focal, center, size)

    @classmethod
    def of(cls, camera: Pinhole, camera_to_world: Float[Tensor, "n rows 4"]) -> "PinholeStack":
        """One camera at several poses (3x4 or 4x4)."""
        pose = camera_to_world[:, :3]
        focal = pose.new_tensor([[camera.fl_x, camera.fl_y]]).expand(len(pose), 2)
        center = pose.new_tensor([[camera.cx, camera.cy]]).expand(len(pose), 2)
        return cls.of_one_size(pose, focal, center, camera.w, camera.h)

    @classmethod
    def of_each(cls, cameras: Sequence[Pinhole], camera_to_world: Float[Tensor, "n rows 4"]) -> "PinholeStack":
        """Each camera at its own pose (3x4 or 4x4)."""
        pose = camera_to_world[:, :3]
        focal = pose.new_tensor([[camera.fl_x, camera.fl_y] for camera in cameras])
        center = pose.new_tensor([[camera.cx, camera.cy] for camera in cameras])
        size = torch.tensor([[camera.w, camera.h] for camera in cameras], device=pose.device)
        return cls(pose, focal, center, size)

    @classmethod
    def from_cameras(cls, cameras: "Cameras") -> "PinholeStack":
        """The same cameras without Nerfstudio's generality; there must be no distortion."""
        focal = torch.cat([cameras.fx, cameras.fy], -1)
        center = torch.cat([cameras.cx, cameras.cy], -1)
        size = torch.cat([cameras.width, cameras.height], -1)
        return cls(cameras.camera_to_worlds, focal, center, size)

    @cached_property
    def width(self) -> int:
        """In pixels, of images that all have one size."""
        return int(self.size[0, 0])

    @cached_property
    def height(self) -> int:
        """In pixels, of images that all have one size."""
        return int(self.size[0, 1])

    def to(self, device: torch.device | str) -> "PinholeStack":
        """A copy on `device`."""
        return PinholeStack(*(t.to(device) for t in (self.camera_to_world, self.focal, self.center, self.size)))

    def one(self, number: int) -> "PinholeStack":
        """A stack of one of the cameras."""
        return self._indexed(slice(number, number + 1))

    def some(self, numbers: list[int]) -> "PinholeStack":
        """A stack of some of the cameras."""
        return self._indexed(torch.tensor(numbers, dtype=torch.long, device=self.focal.device))

    def _indexed(self, which: slice | Int[Tensor, " m"]) -> "PinholeStack":
        return PinholeStack(*(t[which] for t in (self.camera_to_world, self.focal, self.center, self.size)))

    def homogeneous(self) -> Float[Tensor, "n 4 4"]:
        """The poses with their last row."""
        last = self.camera_to_world.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(len(self.camera_to_world), 1, 4)
        return torch.cat([self.camera_to_world, last], dim=1)

    def pinhole(self, number: int) -> Pinhole:
        """The intrinsics of one of the cameras."""
        (fl_x, fl_y), (cx, cy) = self.focal[number].tolist(), self.center[number].tolist()
        w, h = self.size[number].tolist()
        return Pinhole(fl_x, fl_y, cx, cy, w, h)

    def all_pixels(self) -> tuple[Float[Tensor, "m 3"], Float[Tensor, "m 3"]]:
        """Origins and unit directions of the rays through all pixel centres of all cameras, which are of one size.

        Camera by camera and row by row.
        """
        sides = (torch.arange(n, device=self.focal.device) + 0.5 for n in (self.width, self.height))
        x, y = ((side - self.center[:, i, None]) / self.focal[:, i, None] for i, side in enumerate(sides))
        right, up, back = self.camera_to_world[:, None, None, :, :3].unbind(-1)
        along = (x[:, None, :, None] * right - back) - y[:, :, None, None] * up
        origins = self.camera_to_world[:, None, None, :, 3].expand_as(along)
        return origins.reshape(-1, 3), torch.nn.functional.normalize(along.view(-1, 3), dim=-1)

    def split(self, pixels: Int[Tensor, " m"]) -> tuple[Int[Tensor, " m"], Int[Tensor, " m"], Int[Tensor, " m"]]:
        """Camera, row and column of flat indices into all pixels of all cameras, camera by camera and row by row."""
        view = torch.searchsorted(self._ends, pixels, right=True)
        width = self.size[view, 0]
        within = pixels - self._ends[view] + width * self.size[view, 1]
        return view, within // width, within % width

    @cached_property
    def _ends(self) -> Int[Tensor, " n"]:
        """For each camera, the flat index after that of its last pixel."""
        return self.size.prod(-1).cumsum(0)

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
