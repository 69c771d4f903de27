"""What normal views teach, and that none of them teaches about itself."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.anomaly.calibrate import (
    NormalViews,
    learn_from_maps,
    read_normal_views,
    write_normal_views,
)
from pad_nerfstudio.anomaly.comparison import comparison_named
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.map_noise import KINDS, noise_kind
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, Scorer
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from tests.anomaly.fakes import WHITE, SquareRenderer, square

SCORER = Scorer(SquareRenderer(), WHITE, comparison_named("lab-envelope"))


def compared(seed: int, level: float = 1.0) -> ComparedPhoto:
    reference = square(48, 48)
    anomaly_map = level * torch.rand(48, 48, generator=torch.Generator().manual_seed(seed))
    plain = torch.zeros(48, 48)
    return ComparedPhoto(reference.rgb, ExpectedView(reference, plain, plain > 0, 60.0), anomaly_map)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_view_is_scored_by_what_the_others_teach(name: str) -> None:
    kind, views = KINDS[name], [compared(seed) for seed in range(4)]
    learnt = learn_from_maps(views, SCORER, kind)
    for index, view in enumerate(views):
        others = kind.fit([kind.observe(v.anomaly_map, v.view) for v in views if v is not view])
        alone = float(others.normalised(view.anomaly_map, view.view).max())
        assert learnt.scores[index] == pytest.approx(alone, rel=1e-6)
    assert (
        learnt.noise is not None
        and learnt.noise.as_list() == kind.fit([kind.observe(v.anomaly_map, v.view) for v in views]).as_list()
    )


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_noisier_view_scores_as_high_as_it_is_noisier(name: str) -> None:
    usual = [compared(seed) for seed in range(4)]
    scores = [learn_from_maps([*usual, compared(9, level)], SCORER, KINDS[name]).scores[-1] for level in (1.0, 50.0)]
    assert scores[1] == pytest.approx(50 * scores[0], rel=1e-4)


def test_one_view_teaches_nothing_about_maps() -> None:
    learnt = learn_from_maps([compared(0)], SCORER, KINDS["classes"])
    assert learnt.noise is None and learnt.scores == [pytest.approx(float(compared(0).anomaly_map.max()))]
    assert learn_from_maps([compared(0), compared(1)], SCORER, None).noise is None


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_was_learnt_is_kept(tmp_path: Path, name: str) -> None:
    learnt = learn_from_maps([compared(0), compared(1)], SCORER, KINDS[name])
    write_normal_views(tmp_path / "kept.json", learnt, "a")
    again = read_normal_views(tmp_path / "kept.json", "a", KINDS[name])
    assert isinstance(again, NormalViews) and again.noise is not None and learnt.noise is not None
    assert again.scores == learnt.scores and again.noise.as_list() == learnt.noise.as_list()
    assert read_normal_views(tmp_path / "kept.json", "b", KINDS[name]) is None


def with_pose(view: ComparedPhoto) -> ComparedPhoto:
    camera = Pinhole(60.0, 60.0, 24.0, 24.0, 48, 48)
    return replace(view, camera_to_world=torch.eye(4, dtype=torch.float64), camera=camera)


def test_a_place_where_all_normal_views_are_high_counts_less(tmp_path: Path) -> None:
    views = [with_pose(compared(seed)) for seed in range(4)]
    for view in views:
        view.anomaly_map[15:21, 15:21] += 20.0
    kind = KINDS["classes"]
    learnt, without = (learn_from_maps(views, SCORER, kind, by_place) for by_place in (True, False))
    assert learnt.places is not None and without.places is None
    assert all(one < 0.5 * other for one, other in zip(learnt.scores, without.scores, strict=True))

    query = with_pose(compared(9))
    query.anomaly_map[28:31, 28:31] += 20.0  # as high, elsewhere
    scorer = replace(SCORER, noise=learnt.noise, places=learnt.places)
    assert scorer.judged(query).image_score > 2 * max(learnt.scores)
    lost = replace(query, camera_to_world=None)
    unplaced = replace(scorer, places=None).judged(query)
    assert scorer.judged(lost).image_score == unplaced.image_score != scorer.judged(query).image_score
    assert torch.equal(scorer.judged(query).anomaly_map, unplaced.anomaly_map)

    write_normal_views(tmp_path / "kept.json", learnt, "a")
    again = read_normal_views(tmp_path / "kept.json", "a", kind)
    assert again is not None and again.places is not None and again.places.mean == learnt.places.mean
    (tmp_path / "kept.npz").unlink()
    assert read_normal_views(tmp_path / "kept.json", "a", kind) is None


def test_an_unknown_calibration_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="--calibration all: no such calibration; choose one of none, cues, classes"):
        noise_kind("all")
