"""The last alignment of one pose: as many renderings as it needs, usually two."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import Surface, make_surface, register
from pad_nerfstudio.localization.jacobian import projection_jacobian
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import Renderer

LONGEST = 6.0
"""An accelerated step is at most this many times the plain one."""


def polish(
    renderer: Renderer,
    target: Target,
    camera_to_world: Float[Tensor, "4 4"],
    floor: float,
    renders: int,
    tolerance: float = 0.03,
    dilation: int = 2,
    steps: int = 6,
    lighting: bool = True,
) -> Float[Tensor, "4 4"]:
    """Align until the pose rests.

    One alignment knows nothing of faces that a motion uncovers, so where a view shows little but one flat face the
    iteration creeps. Two steps in a row tell how fast, and Anderson's method of depth one (Walker and Ni 2011) takes
    the remaining way at once.

    Args:
        renderer: the trained field
        target: the query at the finest size
        camera_to_world: first guess
        floor: least outlier scale, as a colour difference
        renders: most renderings
        tolerance: the pose rests when a step moves the object by less than this many pixels
        dilation: rim of background around the object that takes part, in pixels
        steps: most Gauss-Newton steps on one rendering
        lighting: whether the query's light may differ from that of the training photos

    Returns:
        the alignment of the pose whose rendering explained the query best, float64
    """
    pose, best = camera_to_world, (torch.inf, camera_to_world)
    plain_before, taken_before = None, None
    for _ in range(renders):
        seen = look(renderer, pose, target, lighting)
        surface = make_surface(seen.rendering, seen.smooth, target.camera, dilation)
        motion = register(surface, target, floor, steps)
        aligned = se3.orthonormalised(pose @ motion)
        best = min(best, (seen.residual, aligned), key=lambda candidate: candidate[0])
        plain, metric = se3.log(motion), pixel_metric(surface, target)
        if plain @ metric @ plain < tolerance**2:
            break
        taken = plain
        if plain_before is not None and taken_before is not None:
            change = plain - plain_before
            gain = (change @ metric @ plain) / (change @ metric @ change).clamp_min(1e-12)
            taken = plain - gain.clamp(-LONGEST, 1.0) * (taken_before + change)
        pose = se3.orthonormalised(pose @ se3.exp(taken))
        plain_before, taken_before = plain, taken
    return best[1]


def pixel_metric(surface: Surface, target: Target) -> Float[Tensor, "6 6"]:
    """The matrix of squared image motion: `twist @ metric @ twist` is a twist's mean over the surface, in px^2."""
    if len(surface.points) == 0:
        return torch.zeros(6, 6, dtype=torch.float64)
    flow = projection_jacobian(surface.points, target.camera).reshape(-1, 6)
    return (flow.T @ flow).double().cpu() / len(surface.points)
