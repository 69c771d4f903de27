"""Coarse-to-fine search over pose hypotheses: align all at low resolution, keep the best, refine the last one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import make_surface, register
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import Renderer

_SAME_FOCAL = 0.03
"""Logarithms of focal lengths that differ by less belong to hypotheses that may have met."""


@dataclass(frozen=True)
class Round:
    """One pass over the surviving hypotheses: render each, drop the worst, align the rest."""

    size: int
    """Longer side of the image in pixels."""
    sigma: float
    """Smoothing of both images in pixels."""
    keep: int
    """Hypotheses that are aligned and go on."""
    floor: float
    """Least colour difference at which a pixel begins to count as an outlier."""
    dilation: int = 3
    """Rim of background around the object that takes part, in pixels."""
    steps: int = 6
    """Most Gauss-Newton steps on one rendering."""


@dataclass(frozen=True)
class Hypothesis:
    """A pose, and how well its rendering explains the query at the last look."""

    camera_to_world: Float[Tensor, "4 4"]
    """OpenGL axes, world frame, float64."""
    residual: float = 1.0
    """See `mismatch`."""
    focal: float = 1.0
    """Factor on the focal lengths of the query's camera."""


def search(
    renderer: Renderer,
    target_at: Callable[[int, float], Target],
    hypotheses: Sequence[Hypothesis],
    rounds: Sequence[Round],
    separation: float = 1.0,
    lighting: bool = True,
    free_focal: bool = False,
) -> list[Hypothesis]:
    """Run the rounds.

    Args:
        renderer: the trained field
        target_at: the query at a size and a smoothing, both in pixels
        hypotheses: initial guesses
        rounds: coarse to fine
        separation: of two poses closer than this many degrees after a round, the worse is dropped: they have met
        lighting: whether the query's light may differ from that of the training photos
        free_focal: whether the focal length is unknown, too

    Returns:
        the poses that were left, best first by the residual before their last alignment
    """
    found = list(hypotheses)
    for current in rounds:
        whole = target_at(current.size, current.sigma)
        looks = []
        for guess in found:
            target = whole.zoomed(guess.focal)
            looks.append((guess, target, look(renderer, guess.camera_to_world, target, lighting)))
        looks.sort(key=lambda seen: seen[2].residual)
        found = []
        for guess, target, seen in looks:
            if any(_have_met(guess, other, separation) for other in found):
                continue
            surface = make_surface(seen.rendering, seen.smooth, target.camera, target.rim(current.dilation))
            change = register(surface, target, current.floor, current.steps, free_focal)
            pose = se3.orthonormalised(guess.camera_to_world @ change.motion)
            found.append(Hypothesis(pose, seen.residual, guess.focal * change.focal))
            if len(found) == current.keep:
                break
    return found


def _have_met(one: Hypothesis, other: Hypothesis, separation: float) -> bool:
    near = se3.pose_error(one.camera_to_world, other.camera_to_world)[0] < separation
    return near and abs(math.log(one.focal / other.focal)) < _SAME_FOCAL
