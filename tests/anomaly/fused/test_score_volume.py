"""What several views say of a place."""

import numpy as np
import pytest

from pad_nerfstudio.anomaly.fused.normal_places import normal_places
from pad_nerfstudio.anomaly.fused.score_volume import ScoreVolume, fuse
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

DRAWS = np.random.default_rng(0)
CORNERS = np.array([[0.0, 0, 0], [1.0, 1, 1]])


def surface(count: int) -> ScoredSurface:
    return ScoredSurface(DRAWS.uniform(-1, 1, (count, 3)), DRAWS.uniform(0, 5, count), DRAWS.uniform(0.1, 1, count))


def at_corners(score: float, weight: float = 1.0) -> ScoredSurface:
    return ScoredSurface(CORNERS, np.full(2, score), np.full(2, weight))


def slowly_fused(views: list[ScoredSurface], volume: ScoreVolume) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertex by vertex, point by point."""
    total, weight, evidence = (np.zeros_like(volume.total) for _ in range(3))
    for vertex in np.ndindex(*total.shape):
        place = volume.origin + volume.cell * np.array(vertex)
        for view in views:
            shares = np.clip(1 - np.abs(view.points - place) / volume.cell, 0, None).prod(axis=1)
            if shares.sum() > 0:
                mean_weight = (shares * view.weights).sum() / shares.sum()
                mean_score = (shares * view.weights * view.values).sum() / (shares * view.weights).sum()
                weight[vertex] += mean_weight
                total[vertex] += mean_weight * mean_score
                evidence[vertex] += mean_weight * np.log(1 + mean_score)
    return total, weight, evidence


def test_fusing_is_a_mean_over_views_of_weighted_means() -> None:
    views = [surface(50), surface(80)]
    volume = fuse(views, resolution=5)
    total, weight, evidence = slowly_fused(views, volume)
    np.testing.assert_allclose(volume.total, total, atol=1e-9)
    np.testing.assert_allclose(volume.weight, weight, atol=1e-9)
    np.testing.assert_allclose(volume.evidence, evidence, atol=1e-9)
    assert volume.score == evidence.max()


def test_constant_scores_stay_what_they_are() -> None:
    views = [ScoredSurface(v.points, np.full(len(v.values), 3.0), v.weights) for v in (surface(300), surface(300))]
    volume = fuse(views, resolution=6)
    np.testing.assert_allclose(volume.at(views[0].points), 3.0)
    np.testing.assert_allclose(volume.score, np.log(4.0) * volume.weight.max())
    assert volume.at(np.array([[9.0, 0.0, 0.0]])) == 0, "nothing is known outside"


def test_many_pixels_of_one_view_outvote_no_other_view() -> None:
    place = np.zeros((1, 3))
    near = ScoredSurface(np.repeat(place, 100, axis=0), np.full(100, 4.0), np.ones(100))
    assert fuse([at_corners(0.0), near], resolution=4).at(place)[0] == pytest.approx(2.0)


def test_a_grazing_view_counts_little() -> None:
    straight, grazing = at_corners(0.0, 0.9), at_corners(10.0, 0.1)
    assert fuse([straight, grazing], resolution=4).at(CORNERS)[0] == pytest.approx(1.0)
    assert fuse([grazing], resolution=4).score == pytest.approx(0.1 * np.log(11.0))


def test_two_views_that_agree_weigh_more_than_one_that_shouts() -> None:
    agree, shout = [at_corners(20.0), at_corners(20.0)], [at_corners(100.0), at_corners(0.0)]
    assert fuse(agree, resolution=4).score > fuse(shout, resolution=4).score


def test_where_normal_views_score_high_too_a_score_says_less() -> None:
    odd, calm = np.zeros((1, 3)), np.ones((1, 3))
    normal = [ScoredSurface(np.vstack([odd, calm]), np.array([8.0, 0.1]), np.ones(2)) for _ in range(40)]
    places = normal_places(normal, resolution=40)
    assert places is not None
    at_odd, at_calm = (fuse([ScoredSurface(p, np.full(1, 9.0), np.ones(1))], places).score for p in (odd, calm))
    assert at_odd < 0.75 * at_calm


def test_nothing_seen_is_refused() -> None:
    with pytest.raises(ValueError, match="no view"):
        fuse([ScoredSurface(np.zeros((0, 3)), np.zeros(0), np.zeros(0))])
