"""How high normal views score at each place."""

import numpy as np

from pad_nerfstudio.anomaly.fused.normal_places import normal_places, place_scale
from tests.anomaly.fused.normal_surfaces import FAULT, normal_surface, sphere_points


def test_a_scale_is_1_at_the_mean_at_most_2_and_little_where_normal_views_score_high() -> None:
    weight = np.full(4, 50.0)
    scale = place_scale(weight * np.array([0.5, 0.0, 4.5, 0.5]), weight, 0.5)
    np.testing.assert_allclose(scale, [1.0, 2.0, 0.2, 1.0], rtol=0.01)
    assert place_scale(np.zeros(1), np.zeros(1), 0.5) == 1.0, "nothing was seen there"


def test_places_where_the_field_is_wrong_are_found() -> None:
    places = normal_places([normal_surface(seed) for seed in range(6)], resolution=30)
    assert places is not None
    points = sphere_points(500, 99)
    near, far = (points[(np.linalg.norm(points - FAULT, axis=1) < 0.15)], points[points @ FAULT < 0])
    assert places.scale_at(near).max() < 0.5 and places.scale_at(far).min() > 0.9
    assert places.scale_at(np.full((1, 3), 9.0)) == 1.0


def test_views_that_show_nothing_teach_nothing() -> None:
    assert normal_places([]) is None
