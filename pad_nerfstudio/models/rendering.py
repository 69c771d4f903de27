"""What everything after training needs of a field: one rendered view."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack


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


@dataclass(frozen=True, eq=False)
class RenderingBatch:
    """Several views of one size, on the device that rendered them; see `Rendering`."""

    rgb: Float[Tensor, "b h w 3"]
    """Colour in [0, 1]."""
    depth: Float[Tensor, "b h w"]
    """Depth along the viewing axis, world units."""
    accumulation: Float[Tensor, "b h w"]
    """Opacity in [0, 1]."""

    def one(self, number: int) -> Rendering:
        """One of them."""
        return Rendering(self.rgb[number], self.depth[number], self.accumulation[number])


Renderings = Rendering | RenderingBatch
"""One view, or several of one size: what works on both works with any leading dimensions."""


def stacked(views: Sequence[Rendering]) -> RenderingBatch:
    """Views of one size side by side."""
    parts = (torch.stack([getattr(view, name) for view in views]) for name in ("rgb", "depth", "accumulation"))
    return RenderingBatch(*parts)


@runtime_checkable
class BatchRenderer(Renderer, Protocol):
    """A renderer that does several cameras in one call, where that is faster than one after the other."""

    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """Render every camera of a stack without gradients; poses are those of `render`."""
        ...


def render_each(renderer: Renderer, cameras: PinholeStack) -> RenderingBatch:
    """Render the cameras of a stack one after the other; the views come back to the device of their poses."""
    poses = cameras.homogeneous()
    return stacked(
        [renderer.render(pose, cameras.pinhole(number)).to(poses.device) for number, pose in enumerate(poses)]
    )


def rendered_together(
    renderer: Renderer, camera_to_world: Sequence[Float[Tensor, "4 4"]], cameras: Sequence[Pinhole]
) -> list[Rendering]:
    """Views of several cameras, those of one size in one call where the renderer can; on the device that rendered.

    Args:
        renderer: of the data set's world frame
        camera_to_world: poses, see `Renderer.render`
        cameras: the intrinsics of each
    """
    if not isinstance(renderer, BatchRenderer):
        return [renderer.render(pose, camera) for pose, camera in zip(camera_to_world, cameras, strict=True)]
    views: dict[int, Rendering] = {}
    for numbers in alike([(camera.w, camera.h) for camera in cameras]):
        poses = torch.stack([camera_to_world[number] for number in numbers])
        seen = renderer.render_stack(PinholeStack.of_each([cameras[number] for number in numbers], poses))
        views.update((number, seen.one(i)) for i, number in enumerate(numbers))
    return [views[number] for number in range(len(cameras))]


def alike(kinds: Sequence[Hashable]) -> list[list[int]]:
    """Where in a sequence equal things are, each kind once."""
    places: dict[Hashable, list[int]] = {}
    for number, kind in enumerate(kinds):
        places.setdefault(kind, []).append(number)
    return list(places.values())


def render_stack(renderer: Renderer, cameras: PinholeStack) -> RenderingBatch:
    """Render every camera of a stack, at once where the renderer can."""
    if isinstance(renderer, BatchRenderer):
        return renderer.render_stack(cameras)
    return render_each(renderer, cameras)


@runtime_checkable
class DifferentiableRenderer(Renderer, Protocol):
    """A renderer whose colours carry gradients to the camera."""

    def render_pixels(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> Float[Tensor, "n 3"]:
        """Colours in [0, 1] at `pixels` (x, y in pixels, centres at half-integers), differentiable in the pose."""
        ...


@runtime_checkable
class DifferentiableRasterizer(DifferentiableRenderer, Protocol):
    """A renderer of whole pictures whose colours carry gradients to the camera."""

    def render_images(self, cameras: PinholeStack) -> Float[Tensor, "b h w 3"]:
        """Colours in [0, 1] of every camera of a stack, differentiable in the poses."""
        ...
