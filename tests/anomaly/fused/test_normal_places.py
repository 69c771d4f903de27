"""How high normal views score at each place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces, normal_places, place_scale, places_without_each
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
    nothing = replace(normal_surface(0), points=np.zeros((0, 3)), values=np.zeros(0), weights=np.zeros(0))
    assert normal_places([nothing, nothing]) is None


def test_maps_of_zeros_are_left_as_they_are() -> None:
    flat = [replace(view, values=np.zeros_like(view.values)) for view in map(normal_surface, range(3))]
    places = normal_places(flat, resolution=20)
    assert places is not None and (places.scale_at(flat[0].points) == 1).all()


def test_places_without_a_view_are_those_of_the_others() -> None:
    views = [normal_surface(seed) for seed in range(4)]
    points = sphere_points(300, 7)
    together = normal_places(views, resolution=24)
    assert together is not None
    for index, found in enumerate(places_without_each(together, views)):
        others = normal_places(views[:index] + views[index + 1 :], resolution=24)
        assert others is not None and found.mean == pytest.approx(others.mean, rel=0.02)
        difference = found.scale_at(points) - others.scale_at(points)  # the lattice is that of all views
        assert np.abs(difference).mean() < 0.05


def test_places_are_kept_for_what_they_were_learnt_from(tmp_path: Path) -> None:
    places = normal_places([normal_surface(seed) for seed in range(3)], resolution=20)
    assert places is not None
    places.save(tmp_path / "places.npz", "a")
    again = NormalPlaces.load(tmp_path / "places.npz", "a")
    points = sphere_points(50, 3)
    assert again is not None
    np.testing.assert_allclose(again.scale_at(points), places.scale_at(points), rtol=1e-5)
    assert NormalPlaces.load(tmp_path / "places.npz", "b") is None
    (tmp_path / "places.npz").write_bytes(b"broken")
    assert NormalPlaces.load(tmp_path / "places.npz", "a") is None
    assert NormalPlaces.load(tmp_path / "none.npz", "a") is None
