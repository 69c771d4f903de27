"""Several queries as one level of the coarse-to-fine alignment sees them; see `localization.target`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import RenderingBatch


@dataclass(frozen=True, eq=False)
class TargetBatch:
    """Windows of several queries, laid into pictures of one size: each in the upper left corner, beside it nothing."""

    rgb: Float[Tensor, "b h w 3"]
    """Colour in [0, 1]."""
    gradient: Float[Tensor, "b h w 3 2"]
    """Derivative of `rgb` along x and y, per pixel."""
    silhouette: Bool[Tensor, "b h w"]
    """Where a query shows something else than its background."""
    inside: Bool[Tensor, "b h w"]
    """Which pixels belong to its window."""
    focal: Float[Tensor, "b 2"]
    """Focal lengths in pixels."""
    center: Float[Tensor, "b 2"]
    """Principal points in pixels."""
    size: Float[Tensor, "b 2"]
    """Width and height of each window in pixels."""
    background: Float[Tensor, "b h w 3"]
    """What stands behind each pixel's object, in [0, 1], going on beside the window: of cluttered queries they
    themselves; any where it is not known."""
    known: Bool[Tensor, " b"]
    """Whether it is known what stands behind the object."""
    cluttered: Bool[Tensor, " b"]
    """See `Target.cluttered`."""
    sigma: float
    """The smoothing that a rendering needs to be compared, in pixels."""

    def some(self, chosen: Int[Tensor, " c"]) -> "TargetBatch":
        """Those chosen, in that order, maybe several times."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in parts.items() if isinstance(value, Tensor)})

    def cameras(self, camera_to_world: Float[Tensor, "b 4 4"]) -> PinholeStack:
        """The cameras that see the windows from given poses."""
        height, width = self.inside.shape[1:]
        return PinholeStack.of_one_size(camera_to_world[:, :3], self.focal, self.center, width, height)


def stack_targets(targets: Sequence[Target], device: torch.device) -> TargetBatch:
    """Targets of one smoothing side by side."""
    width, height = max(t.camera.w for t in targets), max(t.camera.h for t in targets)

    def laid(parts: list[Tensor]) -> Tensor:
        padded = []
        for part in parts:
            h, w = part.shape[:2]
            beside = [0, 0] * (part.ndim - 2) + [0, width - w, 0, height - h]
            padded.append(functional.pad(part, beside))
        return torch.stack(padded).to(device)

    def numbers(rows: list[list[float]]) -> Tensor:
        return torch.tensor(rows, dtype=targets[0].rgb.dtype, device=device)

    def behind(target: Target) -> Float[Tensor, "_h _w 3"]:
        known = target.rgb if target.cluttered else target.background
        image = torch.zeros_like(target.rgb) if known is None else known.expand_as(target.rgb)
        beside = [0, width - target.camera.w, 0, height - target.camera.h]
        return functional.pad(image.permute(2, 0, 1)[None], beside, mode="replicate")[0].permute(1, 2, 0)

    def flags(values: list[bool]) -> Tensor:
        return torch.tensor(values, device=device)

    cameras = [target.camera for target in targets]
    return TargetBatch(
        rgb=laid([target.rgb for target in targets]),
        gradient=laid([target.gradient for target in targets]),
        silhouette=laid([target.silhouette for target in targets]),
        inside=laid([torch.ones_like(target.silhouette) for target in targets]),
        focal=numbers([[camera.fl_x, camera.fl_y] for camera in cameras]),
        center=numbers([[camera.cx, camera.cy] for camera in cameras]),
        size=numbers([[camera.w, camera.h] for camera in cameras]),
        background=torch.stack([behind(target) for target in targets]).to(device),
        known=flags([target.cluttered or target.background is not None for target in targets]),
        cluttered=flags([target.cluttered for target in targets]),
        sigma=targets[0].sigma,
    )


def mismatches(
    rgb: Float[Tensor, "b h w 3"], accumulation: Float[Tensor, "b h w"], targets: TargetBatch, limit: float = 0.25
) -> Float[Tensor, " b"]:
    """How badly renderings explain their queries; see `mismatch`."""
    own = targets.silhouette & ~targets.cluttered[:, None, None]
    union = (own | (accumulation > 0.5)) & targets.inside
    wrong = ((rgb - targets.rgb).norm(dim=-1) / limit).clamp_max(1) * union
    count = union.sum((1, 2))
    return torch.where(count > 0, wrong.sum((1, 2)) / count.clamp_min(1), torch.ones_like(wrong[:, 0, 0]))


def chosen_views(views: RenderingBatch, chosen: Int[Tensor, " c"]) -> RenderingBatch:
    """Some of several renderings."""
    return RenderingBatch(views.rgb[chosen], views.depth[chosen], views.accumulation[chosen])
