"""What everything after training needs of a field: one rendered view."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole


@dataclass(frozen=True)
class Rendering:
    """One view rendered from a field, on the background of the training images."""

    rgb: Float[Tensor, "h w 3"]
    """Colour in [0, 1]."""
    depth: Float[Tensor, "h w"]
    """Depth along the viewing axis (z in the camera, positive in front), in the data set's world units.
    Meaningful where the accumulation is well above zero."""
    accumulation: Float[Tensor, "h w"]
    """Opacity in [0, 1]."""

    def to(self, device: torch.device | str) -> "Rendering":
        """The same view on `device`."""
        return Rendering(self.rgb.to(device), self.depth.to(device), self.accumulation.to(device))


@runtime_checkable
class Renderer(Protocol):
    """Anything that renders a camera of the data set's own world frame."""

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """Render one view without gradients.

        Args:
            camera_to_world: rigid, OpenGL axes (x right, y up, z back), in the data set's world frame and units
            camera: intrinsics; the size of the rendering is `camera.h` x `camera.w`
        """
        ...


@runtime_checkable
class DifferentiableRenderer(Renderer, Protocol):
    """A renderer whose colours carry gradients to the camera."""

    def render_pixels(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> Float[Tensor, "n 3"]:
        """Colours in [0, 1] at `pixels` (x, y in pixels, centres at half-integers), differentiable in the pose."""
        ...
