"""Coarse-to-fine search over pose hypotheses: align all at low resolution, keep the best, refine the last one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import make_surface, register
from pad_nerfstudio.localization.look import look
from pad_nerfstudio.localization.target import Target
from pad_nerfstudio.models.rendering import Renderer


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
    residual: float
    """See `mismatch`."""


def search(
    renderer: Renderer,
    target_at: Callable[[int, float], Target],
    poses: Sequence[Float[Tensor, "4 4"]],
    rounds: Sequence[Round],
    separation: float = 1.0,
    lighting: bool = True,
) -> list[Hypothesis]:
    """Run the rounds.

    Args:
        renderer: the trained field
        target_at: the query at a size and a smoothing, both in pixels
        poses: initial guesses
        rounds: coarse to fine
        separation: of two poses closer than this many degrees after a round, the worse is dropped: they have met
        lighting: whether the query's light may differ from that of the training photos

    Returns:
        the poses that were left, best first by the residual before their last alignment
    """
    hypotheses = [Hypothesis(pose, 1.0) for pose in poses]
    for current in rounds:
        target = target_at(current.size, current.sigma)
        looks = []
        for hypothesis in hypotheses:
            pose = hypothesis.camera_to_world
            looks.append((pose, look(renderer, pose, target, lighting)))
        looks.sort(key=lambda seen: seen[1].residual)
        hypotheses = []
        for pose, seen in looks:
            if any(se3.pose_error(pose, other.camera_to_world)[0] < separation for other in hypotheses):
                continue
            surface = make_surface(seen.rendering, seen.smooth, target.camera, current.dilation)
            motion = register(surface, target, current.floor, current.steps)
            hypotheses.append(Hypothesis(se3.orthonormalised(pose @ motion), seen.residual))
            if len(hypotheses) == current.keep:
                break
    return hypotheses
