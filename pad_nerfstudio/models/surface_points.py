"""The surface that a trained field shows its training cameras, as coloured points."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.nearby_views import surface_points
from pad_nerfstudio.models.trained_field import TrainedField

VIEWS, SIZE = 48, 100
"""How many training cameras look, and at how many pixels of width."""


def seen_surface(field: TrainedField) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3"]]:
    """Points in the data set's world frame, and their colours in [0, 1].

    Raises:
        UserError: the field shows nothing opaque
    """
    camera = field.camera.resized(SIZE, max(1, round(SIZE * field.camera.h / field.camera.w)))
    views = field.training_views
    points, colors = [], []
    for view in views[:: max(1, len(views) // VIEWS)]:
        pose = torch.from_numpy(view.camera_to_world)
        seen = field.render(pose, camera)
        solid = seen.accumulation > 0.5
        points.append(surface_points(pose, camera, seen.depth)[solid])
        colors.append(seen.rgb[solid])
    found = torch.cat(points)
    if len(found) == 0:
        raise UserError(
            f"{field.config_path}: the field shows nothing opaque; train it for longer, or start from the hull"
        )
    return found, torch.cat(colors)
