"""A renderer whose views are corrected by what the nearest training photos show."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.rendering import Renderer, Rendering, RenderingBatch, render_stack


@dataclass(frozen=True, eq=False)
class CorrectedRenderer:
    """Renders like a field, and then as the training photos nearby say; satisfies `Renderer`.

    A camera that is aligned with a field inherits the field's errors: highlights that its colours cannot follow turn
    the object by a tenth of a degree. Photos from nearby cameras, whose poses are known, hold the true ones.
    """

    renderer: Renderer
    """The trained field."""
    nearby: NearbyViews
    """Its training photos."""
    count: int
    """How many of them correct a view."""

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """One view; see `Renderer.render`.

        Raises:
            UserError: a training photo is missing or broken
        """
        rendering = self.renderer.render(camera_to_world, camera)
        return self.nearby.corrected(camera_to_world, camera, rendering, self.count)

    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """Several views, rendered at once where the field can and then corrected one by one; see `BatchRenderer`.

        Raises:
            UserError: a training photo is missing or broken
        """
        seen, poses = render_stack(self.renderer, cameras), cameras.homogeneous()
        self.nearby.look_ahead(list(poses), self.count, at_once=len(poses))
        views = [
            self.nearby.corrected(pose, cameras.pinhole(number), seen.one(number), self.count).rgb
            for number, pose in enumerate(poses)
        ]
        return RenderingBatch(torch.stack(views), seen.depth, seen.accumulation)
