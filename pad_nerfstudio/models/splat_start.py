"""The points at which `pad-splat` begins."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.splats.start import hull_points, mean_colors, thinned


def starting_points(
    config: PadSplatModelConfig, box: Float[Tensor, "2 3"], datamanager: Any
) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3"]]:
    """Points in Nerfstudio's frame and their colours in [0, 1].

    Args:
        config: how many, and whether they come from another run
        box: lower and upper corner of what all cameras see
        datamanager: a `SplatDataManager`

    Raises:
        UserError: the other run cannot be loaded, or shows nothing
    """
    count = min(config.start_splats, config.densification.most_splats)
    device = datamanager.rays.focal.device
    if config.start_from is None:
        generator = torch.Generator().manual_seed(config.seed)
        points = hull_points(box.to(device), datamanager.rays, datamanager.silhouettes, count, generator)
        return points, mean_colors(points, datamanager.rays, datamanager.images)
    from pad_nerfstudio.models.surface_points import seen_surface
    from pad_nerfstudio.models.trained_field import WorldFrame, load_trained_field

    field = load_trained_field(config.start_from, "auto" if device.type == "cuda" else "cpu")
    points, colors = seen_surface(field)
    own = datamanager.train_dataparser_outputs
    frame = WorldFrame(own.dataparser_transform, float(own.dataparser_scale))
    chosen, shades = thinned(points, colors, count, config.seed)
    return frame.points_to_nerfstudio(chosen).float().to(device), shades.float().to(device)
