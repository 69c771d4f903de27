"""The last alignment of one pose: as many renderings as it needs, usually two."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import Change, Surface, image_flow, make_surface, register
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.search import Hypothesis
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import Renderer

LONGEST = 6.0
"""An accelerated step is at most this many times the plain one."""


def polish(
    renderer: Renderer,
    target: Target,
    guess: Hypothesis,
    floor: float,
    renders: int,
    tolerance: float = 0.03,
    dilation: int = 2,
    steps: int = 6,
    lighting: bool = True,
    free_focal: bool = False,
) -> Hypothesis:
    """Align until the pose rests.

    One alignment knows nothing of faces that a motion uncovers, so where a view shows little but one flat face the
    iteration creeps. Two steps in a row tell how fast, and Anderson's method of depth one (Walker and Ni 2011) takes
    the remaining way at once.

    Args:
        renderer: the trained field
        target: the query at the finest size
        guess: where to begin
        floor: least outlier scale, as a colour difference
        renders: most renderings
        tolerance: the pose rests when a step moves the object by less than this many pixels
        dilation: rim of background around the object that takes part, in pixels
        steps: most Gauss-Newton steps on one rendering
        lighting: whether the query's light may differ from that of the training photos
        free_focal: whether the focal length is unknown, too

    Returns:
        the alignment of the pose whose rendering explained the query best, with the residual of that rendering
    """
    whole, best = target, replace(guess, residual=torch.inf)
    plain_before, taken_before = None, None
    for _ in range(renders):
        target = whole.zoomed(guess.focal)
        seen = look(renderer, guess.camera_to_world, target, lighting)
        surface = make_surface(seen.rendering, seen.smooth, target.camera, target.rim(dilation))
        change = register(surface, target, floor, steps, free_focal)
        best = min(best, _changed(guess, change, seen.residual), key=lambda candidate: candidate.residual)
        plain, metric = change.unknowns(free_focal), pixel_metric(surface, target, free_focal)
        if plain @ metric @ plain < tolerance**2:
            break
        taken = plain
        if plain_before is not None and taken_before is not None:
            change = plain - plain_before
            gain = (change @ metric @ plain) / (change @ metric @ change).clamp_min(1e-12)
            taken = plain - gain.clamp(-LONGEST, 1.0) * (taken_before + change)
        guess = _changed(guess, Change.along(taken), seen.residual)
        plain_before, taken_before = plain, taken
    return best


def _changed(guess: Hypothesis, change: Change, residual: float) -> Hypothesis:
    pose = se3.orthonormalised(guess.camera_to_world @ change.motion)
    return Hypothesis(pose, residual, guess.focal * change.focal)


def pixel_metric(surface: Surface, target: Target, free_focal: bool = False) -> Float[Tensor, "unknowns unknowns"]:
    """The matrix of squared image motion: `step @ metric @ step` is a step's mean over the surface, in px^2."""
    if len(surface.points) == 0:
        return torch.zeros(6 + free_focal, 6 + free_focal, dtype=torch.float64)
    flow = image_flow(surface.points, target.camera, free_focal).flatten(0, 1)
    return (flow.T @ flow).double().cpu() / len(surface.points)
