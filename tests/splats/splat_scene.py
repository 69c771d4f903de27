"""A handful of splats as a renderer of every kind, by the torch rasteriser."""

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.rendering import Rendering, RenderingBatch
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.rasterization import Rasterized
from pad_nerfstudio.splats.reference import rasterize
from tests.splats.scenes import some_gaussians


def blobs() -> Gaussians:
    """Opaque, coloured, without symmetry."""
    some = some_gaussians(count=40, degree=0, seed=3)
    return replace(some, opacities=torch.full_like(some.opacities, 0.98), harmonics=2.5 * some.harmonics)


@dataclass
class SplatScene:
    """Renders splats on white."""

    gaussians: Gaussians = field(default_factory=blobs)
    calls: int = field(default=0, init=False)
    """Rasterisations so far."""
    rasterizes: bool = True
    differentiable: bool = True

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """See `Renderer.render`."""
        seen = self.render_stack(PinholeStack.of(camera, camera_to_world[None]))
        return Rendering(seen.rgb[0], seen.depth[0], seen.accumulation[0])

    @torch.no_grad()
    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """See `BatchRenderer.render_stack`."""
        seen = self._rasterized(cameras)
        return RenderingBatch(seen.over(torch.ones(3)).clamp(0, 1), seen.depth, seen.accumulation)

    def render_images(self, cameras: PinholeStack) -> Float[Tensor, "b h w 3"]:
        """See `DifferentiableRasterizer.render_images`."""
        return self._rasterized(cameras).over(torch.ones(3))

    def render_pixels(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> Float[Tensor, "n 3"]:
        """Not needed where whole pictures are rendered."""
        raise AssertionError("a rasteriser renders whole pictures")

    def _rasterized(self, cameras: PinholeStack) -> Rasterized:
        self.calls += 1
        pose, focal, center = (part.float() for part in (cameras.camera_to_world, cameras.focal, cameras.center))
        return rasterize(
            self.gaussians, PinholeStack.of_one_size(pose, focal, center, cameras.width, cameras.height), 0, True
        )
