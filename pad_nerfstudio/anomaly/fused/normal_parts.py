"""Fused scores of good parts, as held-out normal views let them be foreseen."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.anomaly.fused.lattice import lattice_around
from pad_nerfstudio.anomaly.fused.normal_places import mean_score, place_scale, smoothed
from pad_nerfstudio.anomaly.fused.score_volume import evidence_of
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface
from pad_nerfstudio.anomaly.fused.view_on_lattice import RESOLUTION, on_lattice

GROUPS = 200
"""Groups of views that are drawn."""
SEED = 0


def normal_part_scores(
    views: Sequence[ScoredSurface], size: int, groups: int = GROUPS, resolution: int = RESOLUTION
) -> Float[np.ndarray, " groups"]:
    """The fused scores of groups of held-out views, each as if it were all photos of one good part.

    What is normal at a place is learnt from the views outside of the group. The share of groups above a score
    estimates, without bias, how often a good part in `size` photos would score above it, were the photos of parts taken
    like the held-out views, and places known from no more than the rest of them. The groups overlap, so this is no
    surer than `len(views) / size` separate parts would make it.

    Args:
        views: the surface as each held-out view shows it, with its scores
        size: photos of a part
        groups: how many to draw
        resolution: see `fuse`

    Returns:
        none where a group would leave no view
    """
    if not 0 < size < len(views) or not any(len(view.points) for view in views):
        return np.zeros(0)
    lattice = lattice_around([view.points for view in views], resolution)
    placed = [on_lattice(view, lattice) for view in views]
    seen = np.unique(np.concatenate([view.vertices for view in placed]))
    sums = np.array([[grid[seen] for grid in smoothed(view, lattice)] for view in placed])
    numbers = [np.searchsorted(seen, view.vertices) for view in placed]
    draws = np.random.default_rng(SEED)
    scores = []
    for order in (draws.permutation(len(views)) for _ in range(groups)):
        group, others = order[:size], order[size:]
        total, weight = sums[others].sum(axis=0)
        scale = place_scale(total, weight, mean_score([placed[i] for i in others]))
        evidence = np.zeros(len(seen))
        for i in group:
            evidence[numbers[i]] += evidence_of(placed[i], scale[numbers[i]])
        scores.append(evidence.max())
    return np.array(scores)
