"""Fused scores of good parts, foreseen by held-out views."""

import numpy as np

from pad_nerfstudio.anomaly.fused.normal_parts import normal_part_scores
from pad_nerfstudio.anomaly.fused.normal_places import normal_places
from pad_nerfstudio.anomaly.fused.score_volume import fuse
from tests.anomaly.fused.normal_surfaces import normal_surface

NORMAL = [normal_surface(seed) for seed in range(9)]


def test_good_parts_score_as_foreseen_and_a_defect_above() -> None:
    foreseen = normal_part_scores(NORMAL, 4, groups=60, resolution=24)
    assert foreseen.shape == (60,)
    places = normal_places(NORMAL, resolution=24)
    good = fuse([normal_surface(seed) for seed in range(20, 24)], places, resolution=24).score
    odd = fuse([normal_surface(seed, extra=6.0) for seed in range(20, 24)], places, resolution=24).score
    assert 0.5 * foreseen.mean() < good < 1.5 * foreseen.mean()
    assert odd > 1.2 * foreseen.max()


def test_what_is_normal_at_a_place_is_learnt_from_the_other_views() -> None:
    """A group's own views would excuse what is wrong in them alone."""
    views = [normal_surface(0, extra=6.0), *NORMAL[1:6]]
    odd = max(normal_part_scores(views, 1, groups=60, resolution=24))
    excused = fuse(views[:1], normal_places(views, resolution=24), resolution=24).score
    assert odd > excused


def test_a_group_must_leave_a_view() -> None:
    assert normal_part_scores(NORMAL, 9).size == 0 and normal_part_scores([], 2).size == 0
    np.testing.assert_array_equal(normal_part_scores(NORMAL, 2, 3, 12), normal_part_scores(NORMAL, 2, 3, 12))
