"""Whole pictures of several cameras from models that trace rays: all rays go into the same calls."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.rendering import alike

Outputs = dict[str, Tensor]
"""A model's outputs by name."""
Sampling = tuple[float, bool]
"""How a camera's rays are sampled; see `PadNerfModel.sampling_for`."""


def traced_pictures(
    trace: Callable[[Float[Tensor, "n 3"], Float[Tensor, "n 3"], float, bool], Outputs],
    cameras: PinholeStack,
    sampling: Callable[[PinholeStack], Sampling],
    chunk: int,
) -> Outputs:
    """Every pixel of cameras of one size; the rays of those that are sampled alike go together.

    Args:
        trace: origins, unit directions, distance of samples, whether by nearest vertex -> outputs, one row a ray
        cameras: on the device of the model
        sampling: of one camera
        chunk: most rays a call

    Returns:
        outputs of shape (cameras, height, width, channels)
    """
    how = [sampling(cameras.one(number)) for number in range(len(cameras.focal))]
    groups = alike(how)
    parts = [_traced(trace, cameras.some(numbers), how[numbers[0]], chunk) for numbers in groups]
    if len(parts) == 1:
        return parts[0]
    order = torch.tensor([number for numbers in groups for number in numbers]).argsort().to(cameras.focal.device)
    return {name: torch.cat([part[name] for part in parts])[order] for name in parts[0]}


def _traced(trace: Callable[..., Outputs], cameras: PinholeStack, how: Sampling, chunk: int) -> Outputs:
    rays = zip(*(part.split(chunk) for part in cameras.all_pixels()), strict=True)
    parts = [trace(origins, directions, *how) for origins, directions in rays]
    shape = len(cameras.focal), cameras.height, cameras.width, -1
    return {name: torch.cat([part[name] for part in parts]).view(shape) for name in parts[0]}


def bundled_pictures(model: Any, cameras: PinholeStack) -> Outputs | None:
    """The same of any Nerfstudio model that turns cameras into rays in Nerfstudio's way; None of others.

    Args:
        model: a Nerfstudio `Model`
        cameras: of one size, in Nerfstudio's frame
    """
    from nerfstudio.cameras.cameras import Cameras
    from nerfstudio.models.base_model import Model

    if type(model).get_outputs_for_camera is not Model.get_outputs_for_camera:
        return None
    count, height, width = len(cameras.focal), cameras.height, cameras.width
    (fx, fy), (cx, cy) = (part.float().cpu().unbind(-1) for part in (cameras.focal, cameras.center))
    posed = Cameras(cameras.camera_to_world.float().cpu(), fx, fy, cx, cy, width, height).to(model.device)
    # each camera on its own is number 0, as where one is rendered alone
    bundles = [posed[n : n + 1].generate_rays(camera_indices=0, keep_shape=True) for n in range(count)]
    outputs = model.get_outputs_for_camera_ray_bundle(_one_below_the_other(bundles))
    return {name: values.unflatten(0, (count, height)) for name, values in outputs.items()}


def _one_below_the_other(bundles: list[Any]) -> Any:
    """Ray bundles of pictures as that of one high picture."""
    first = bundles[0]
    parts = {field.name: [getattr(bundle, field.name) for bundle in bundles] for field in fields(first)}
    metadata = {name: torch.cat([bundle.metadata[name] for bundle in bundles]) for name in first.metadata}
    joined = {
        name: None if values[0] is None else torch.cat(values) for name, values in parts.items() if name != "metadata"
    }
    return type(first)(**joined, metadata=metadata)
