"""Coarse-to-fine search over the pose hypotheses of several queries at once; see `localization.search`.

All hypotheses of all queries are rendered in one call a round. Their number is the same for every query; those that
there are not have an infinite residual.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.batch.alignment import make_surfaces, register_all
from pad_nerfstudio.localization.batch.looks import look_all
from pad_nerfstudio.localization.batch.targets import TargetBatch
from pad_nerfstudio.localization.search import Round
from pad_nerfstudio.models.rendering import Renderer


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """Poses of several queries, best first, and how well their renderings explain them."""

    camera_to_world: Float[Tensor, "q k 4 4"]
    """OpenGL axes, world frame, float64."""
    residual: Float[Tensor, "q k"]
    """See `mismatch`; infinite for those that there are not."""


def stack_hypotheses(poses: Sequence[Sequence[Float[Tensor, "4 4"]]], device: torch.device) -> Hypotheses:
    """First guesses of several queries, each with at least one."""
    most = max(len(each) for each in poses)
    filled = [torch.stack([*each, *[each[0]] * (most - len(each))]) for each in poses]
    residual = [[1.0] * len(each) + [torch.inf] * (most - len(each)) for each in poses]
    return Hypotheses(torch.stack(filled).double().to(device), torch.tensor(residual, device=device))


def search_all(
    renderer: Renderer,
    targets_at: Callable[[int, float], TargetBatch],
    start: Hypotheses,
    rounds: Sequence[Round],
    separation: float = 1.0,
    lighting: bool = True,
) -> Hypotheses:
    """Run the rounds; arguments as for `search`."""
    poses, residual = start.camera_to_world, start.residual
    for current in rounds:
        queries, count = residual.shape
        targets = targets_at(current.size, current.sigma)
        targets = targets.some(torch.arange(queries, device=poses.device).repeat_interleave(count))
        flat = poses.flatten(0, 1)
        seen = look_all(renderer, flat, targets, lighting)
        surfaces = make_surfaces(seen.rendering, seen.smooth, targets, current.dilation)
        motion = register_all(surfaces, targets, current.floor, current.steps)
        aligned = se3.orthonormalised(flat @ motion).view_as(poses)
        residual = torch.where(residual.isinf(), residual, seen.residual.view(queries, count).to(residual))
        kept, residual = best_apart(residual, angles_between(poses, aligned), current.keep, separation)
        poses = aligned.gather(1, kept[..., None, None].expand(-1, -1, 4, 4))
    return Hypotheses(poses, residual)


def angles_between(a: Float[Tensor, "q k 4 4"], b: Float[Tensor, "q k 4 4"]) -> Float[Tensor, "q k k"]:
    """Angles in degrees between the orientations of all pairs of poses of each query."""
    between = a[:, :, None, :3, :3].transpose(-1, -2) @ b[:, None, :, :3, :3]
    return torch.rad2deg(se3.rotation_log(between).norm(dim=-1))


def best_apart(
    residual: Float[Tensor, "q k"], angles: Float[Tensor, "q k k"], keep: int, separation: float
) -> tuple[Int[Tensor, "q n"], Float[Tensor, "q n"]]:
    """The best hypotheses of each query, the best first, none of which lies near where a better one came to rest.

    Args:
        residual: of each hypothesis; infinite for those that there are not
        angles: from where one was to where another came to rest, degrees
        keep: how many, at most
        separation: what is near, degrees

    Returns:
        which, and their residuals, infinite where there are no more
    """
    left = residual.clone()
    chosen, values = [], []
    for _ in range(min(keep, residual.shape[1])):
        best = left.argmin(dim=1, keepdim=True)
        chosen.append(best)
        values.append(left.gather(1, best))
        near = angles.gather(2, best[:, None].expand(-1, angles.shape[1], 1))[..., 0] < separation
        left = torch.where(near, torch.inf, left).scatter(1, best, torch.inf)
    return torch.cat(chosen, dim=1), torch.cat(values, dim=1)
