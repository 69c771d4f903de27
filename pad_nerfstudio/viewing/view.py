"""A posed camera and what it sees of the good object."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.anomaly.fused.scored_surface import SOLID
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.jacobian import backproject
from pad_nerfstudio.models.depth import z_depth
from pad_nerfstudio.models.rendering import Renderer, Rendering
from pad_nerfstudio.models.trained_field import WorldFrame

if TYPE_CHECKING:
    from nerfstudio.cameras.cameras import Cameras


@dataclass(frozen=True, eq=False)
class View:
    """A view of the good object, in the data set's world frame."""

    camera_to_world: Float[Tensor, "4 4"]
    """Pose, OpenGL axes, float64."""
    camera: Pinhole
    """Intrinsics at the rendering's size."""
    rendering: Rendering
    """What it sees."""

    @cached_property
    def points(self) -> Float[np.ndarray, "h w 3"]:
        """The world point that each pixel shows; beside the object, one on its ray."""
        shown = torch.from_numpy(self.solid), self.rendering.depth.cpu().double()
        local = backproject(torch.where(*shown, torch.tensor(self.distance).double()), self.camera)
        return (local @ self.camera_to_world[:3, :3].T + self.center).numpy()

    @cached_property
    def solid(self) -> Bool[np.ndarray, "h w"]:
        """Where it sees the object."""
        return (self.rendering.accumulation > SOLID).cpu().numpy()

    @property
    def center(self) -> Float[Tensor, "3"]:
        """Where the camera stands."""
        return self.camera_to_world[:3, 3]

    @cached_property
    def distance(self) -> float:
        """Median depth of the object; 1 where it is not seen."""
        depth = self.rendering.depth.cpu().numpy()[self.solid]
        return float(np.median(depth)) if len(depth) else 1.0


def render_view(renderer: Renderer, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> View:
    """Render a view."""
    return View(camera_to_world, camera, renderer.render(camera_to_world, camera))


def view_of_outputs(frame: WorldFrame, camera: "Cameras", outputs: Mapping[str, Tensor]) -> View:
    """A view from what a model gives for one of Nerfstudio's cameras.

    Args:
        frame: how the data set's world became Nerfstudio's
        camera: one pinhole camera without distortion
        outputs: its `rgb`, `depth` (distance along the ray) and `accumulation`
    """
    h, w = outputs["depth"].shape[:2]
    fl_x, fl_y, cx, cy = (float(value.reshape(-1)[0]) for value in (camera.fx, camera.fy, camera.cx, camera.cy))
    pinhole = Pinhole(fl_x, fl_y, cx, cy, w, h)
    pose = frame.from_nerfstudio(camera.camera_to_worlds.reshape(3, 4).cpu().double())
    rgb, depth, accumulation = (outputs[name].cpu() for name in ("rgb", "depth", "accumulation"))
    depth = z_depth(depth[..., 0] / frame.scale, pinhole, along_ray=True)
    return View(pose, pinhole, Rendering(rgb, depth, accumulation[..., 0]))


def along_ray(origin: Float[Tensor, "3"], direction: Float[Tensor, "3"]) -> Float[Tensor, "4 4"]:
    """The pose of a camera at `origin` that looks along `direction`, rolled anyhow."""
    back = -torch.nn.functional.normalize(direction.double(), dim=0)
    other = torch.eye(3, dtype=torch.float64)[int(back.abs().argmin())]
    right = torch.nn.functional.normalize(torch.linalg.cross(other, back), dim=0)
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3] = torch.stack([right, torch.linalg.cross(back, right), back, origin.double()], dim=1)
    return pose
