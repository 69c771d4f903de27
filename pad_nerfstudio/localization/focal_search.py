"""Beginning with several focal lengths where the query's is unknown.

A longer focal length and a camera farther away show nearly the same picture; only the perspective within the object
tells them apart. So each start keeps the object's apparent size, and alignment finds what the perspective says.
"""

from collections.abc import Sequence
from dataclasses import replace

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.search import Hypothesis
from pad_nerfstudio.models.rendering import Renderer


def with_focal_starts(
    renderer: Renderer, camera: Pinhole, hypotheses: Sequence[Hypothesis], factors: Sequence[float]
) -> list[Hypothesis]:
    """Each hypothesis with its focal length multiplied by each factor, the camera moved so that the object stays.

    Args:
        renderer: the trained field
        camera: of the query, small
        hypotheses: where the camera may be
        factors: on their focal lengths
    """
    found = []
    for hypothesis in hypotheses:
        seen = renderer.render(hypothesis.camera_to_world, zoomed(camera, hypothesis.focal))
        depth = seen.depth[seen.accumulation > 0.5]
        distance = float(depth.median()) if len(depth) else 0.0
        found += [_dollied(hypothesis, factor, distance) for factor in factors]
    return found


def _dollied(hypothesis: Hypothesis, factor: float, distance: float) -> Hypothesis:
    """With another focal length, and moved along its axis so that what is at `distance` keeps its size."""
    pose = hypothesis.camera_to_world.clone()
    pose[:3, 3] += pose[:3, 2] * ((factor - 1.0) * distance)
    return replace(hypothesis, camera_to_world=pose, focal=hypothesis.focal * factor)
