"""The mean of what several views say of a place."""

import numpy as np
import pytest

from pad_nerfstudio.anomaly.fused.score_volume import PRIOR, ScoreVolume, fuse
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

DRAWS = np.random.default_rng(0)


def surface(count: int) -> ScoredSurface:
    return ScoredSurface(DRAWS.uniform(-1, 1, (count, 3)), DRAWS.uniform(0, 5, count), DRAWS.uniform(0.1, 1, count))


def slowly_fused(views: list[ScoredSurface], volume: ScoreVolume) -> tuple[np.ndarray, np.ndarray]:
    """Vertex by vertex, point by point."""
    total, weight = np.zeros_like(volume.total), np.zeros_like(volume.weight)
    for vertex in np.ndindex(*total.shape):
        place = volume.origin + volume.cell * np.array(vertex)
        for view in views:
            shares = np.clip(1 - np.abs(view.points - place) / volume.cell, 0, None).prod(axis=1)
            if shares.sum() > 0:
                mean_weight = (shares * view.weights).sum() / shares.sum()
                weight[vertex] += mean_weight
                total[vertex] += (shares * view.weights * view.values).sum() / shares.sum()
    return total, weight


def test_fusing_is_a_mean_over_views_of_weighted_means() -> None:
    views = [surface(50), surface(80)]
    volume = fuse(views, resolution=5)
    total, weight = slowly_fused(views, volume)
    np.testing.assert_allclose(volume.total, total, atol=1e-9)
    np.testing.assert_allclose(volume.weight, weight, atol=1e-9)


def test_constant_scores_stay_what_they_are() -> None:
    views = [ScoredSurface(v.points, np.full(len(v.values), 3.0), v.weights) for v in (surface(300), surface(300))]
    volume = fuse(views, resolution=6)
    np.testing.assert_allclose(volume.at(views[0].points), 3.0)
    np.testing.assert_allclose(volume.score, (3.0 * volume.weight / (volume.weight + PRIOR)).max())
    assert volume.score < 3.0
    assert volume.at(np.array([[9.0, 0.0, 0.0]])) == 0, "nothing is known outside"


def test_many_pixels_of_one_view_outvote_no_other_view() -> None:
    place = np.zeros((1, 3))
    far = ScoredSurface(np.array([[0.0, 0, 0], [1.0, 1, 1]]), np.array([0.0, 0.0]), np.ones(2))
    near = ScoredSurface(np.repeat(place, 100, axis=0), np.full(100, 4.0), np.ones(100))
    assert fuse([far, near], resolution=4).at(place)[0] == pytest.approx(2.0)


def test_a_grazing_view_counts_little() -> None:
    corners = np.array([[0.0, 0, 0], [1.0, 1, 1]])
    straight = ScoredSurface(corners, np.array([0.0, 0.0]), np.array([0.9, 0.9]))
    grazing = ScoredSurface(corners, np.array([10.0, 10.0]), np.array([0.1, 0.1]))
    assert fuse([straight, grazing], resolution=4).at(corners)[0] == pytest.approx(1.0)
    assert fuse([grazing], resolution=4).score < 1.0, "what only grazing views show gives a part little score"


def test_nothing_seen_is_refused() -> None:
    with pytest.raises(ValueError, match="no view"):
        fuse([ScoredSurface(np.zeros((0, 3)), np.zeros(0), np.zeros(0))])
