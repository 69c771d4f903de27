"""The last alignment of several poses at once; see `localization.polish`."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.batch.alignment import make_surfaces, pixel_metrics, register_all
from pad_nerfstudio.localization.batch.looks import look_all
from pad_nerfstudio.localization.batch.targets import TargetBatch
from pad_nerfstudio.localization.polish import LONGEST
from pad_nerfstudio.models.rendering import Renderer


def polish_all(
    renderer: Renderer,
    targets: TargetBatch,
    camera_to_world: Float[Tensor, "b 4 4"],
    floor: float,
    renders: int,
    tolerance: float = 0.03,
    dilation: int = 2,
    steps: int = 6,
    lighting: bool = True,
) -> Float[Tensor, "b 4 4"]:
    """Align until every pose rests; arguments as for `polish`. A pose that rests waits for the others."""
    pose = best = camera_to_world
    least = torch.full_like(pose[:, 0, 0], torch.inf)
    moving = torch.ones_like(least, dtype=torch.bool)
    before: tuple[Tensor, Tensor] | None = None
    for _ in range(renders):
        seen = look_all(renderer, pose, targets, lighting)
        surfaces = make_surfaces(seen.rendering, seen.smooth, targets, dilation)
        motion = register_all(surfaces, targets, floor, steps)
        better = moving & (seen.residual < least)
        least = torch.where(better, seen.residual.to(least), least)
        best = torch.where(better[:, None, None], se3.orthonormalised(pose @ motion), best)
        plain, metric = se3.log(motion), pixel_metrics(surfaces, targets)
        moving = moving & (_product(plain, metric, plain) >= tolerance**2)
        if not moving.any():
            break
        taken = plain
        if before is not None:
            change = plain - before[0]
            gain = _product(change, metric, plain) / _product(change, metric, change).clamp_min(1e-12)
            taken = plain - gain.clamp(-LONGEST, 1.0)[:, None] * (before[1] + change)
        pose = torch.where(moving[:, None, None], se3.orthonormalised(pose @ se3.exp(taken)), pose)
        before = plain, taken
    return best


def _product(a: Float[Tensor, "b 6"], metric: Float[Tensor, "b 6 6"], b: Float[Tensor, "b 6"]) -> Float[Tensor, " b"]:
    return (a[:, None] @ metric @ b[..., None])[:, 0, 0]
