"""Figures of scenes by hand, and null with a reason where the data cannot give them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.odd_one_out.evaluation import METRIC_NAMES, evaluate, figures
from pad_nerfstudio.odd_one_out.scored_scene import ScoredObject, ScoredScene, scored_scene
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene


def scored_object(label: int | None, score: float | None, iou: float | None = 0.8, kind: str = "") -> ScoredObject:
    """An object found; judged anomalous from 0.5 on."""
    odd = None if score is None else score >= 0.5
    correct = None if label is None or iou is None else iou > 0.5 and odd == bool(label)
    name = None if iou is None else "object"
    kind = kind or ("good" if label == 0 else "crack")
    return ScoredObject(1, np.zeros((2, 3)), name, kind if label is not None else None, label, score, odd, iou, correct)


def missed(label: int) -> ScoredObject:
    return replace(scored_object(label, None, 0.0), number=None)


def scene_of(*objects: ScoredObject, name: str = "tray", seconds: float = 2.0) -> ScoredScene:
    return ScoredScene(name, (0, 1), objects, len(objects), (), seconds)


def test_figures_by_hand() -> None:
    objects = [
        scored_object(1, 0.9),
        scored_object(1, 0.4),
        scored_object(0, 0.6),
        scored_object(0, 0.1, iou=0.3),
        scored_object(0, None),
        missed(0),
    ]
    found = figures(objects)
    assert found["auc"] == pytest.approx(3 / 4)
    assert found["accuracy"] == pytest.approx(1 / 6)
    assert found["mean_iou"] == pytest.approx((4 * 0.8 + 0.3) / 5)
    assert found["recall"] == pytest.approx(4 / 6)
    counts = {name: value for name, value in found.items() if name.startswith("n_")}
    assert counts == {
        "n_objects": 6,
        "n_anomalous": 2,
        "n_found": 5,
        "n_missed": 1,
        "n_false": 0,
        "n_without_verdict": 1,
    }
    assert found["reasons"] == {}


def test_groups_by_count_and_kind() -> None:
    small = scene_of(scored_object(1, 0.9), scored_object(0, 0.1), scored_object(0, 0.2))
    large = scene_of(scored_object(1, 0.3, kind="bend"), *[scored_object(0, 0.2)] * 2, scored_object(0, 0.4), seconds=4)
    found = evaluate([small, large])
    assert set(found["object_counts"]) == {"3", "4"} and set(found["kinds"]) == {"crack", "bend", "good"}
    assert found["overall"]["n_scenes"] == 2 and found["overall"]["seconds_per_scene"] == 3.0
    assert found["object_counts"]["3"]["auc"] == 1.0 and found["object_counts"]["4"]["auc"] == pytest.approx(2 / 3)
    assert found["kinds"]["crack"]["auc"] == 1.0 and found["kinds"]["crack"]["n_objects"] == 1
    assert found["kinds"]["bend"]["auc"] == pytest.approx(4 / 5), "against the normal objects of all scenes"
    assert found["kinds"]["bend"]["accuracy"] == 0.0 and found["kinds"]["good"]["auc"] is None


def test_what_cannot_be_told_is_none_with_a_reason() -> None:
    unknown = figures([scored_object(None, 0.7, iou=None)])
    assert [unknown[name] for name in METRIC_NAMES] == [None] * 4
    assert set(unknown["reasons"]) == set(METRIC_NAMES) and all(unknown["reasons"].values())
    assert "bounds in the metadata" in unknown["reasons"]["recall"]
    apart = figures([missed(0), replace(scored_object(None, 0.7, 0.0), name=None, correct=False)])
    assert apart["recall"] == 0.0 and apart["accuracy"] == 0.0 and apart["n_false"] == 1
    assert apart["mean_iou"] is None and "overlapped" in apart["reasons"]["mean_iou"]
    assert figures([scored_object(0, 0.1)])["reasons"]["auc"] == "no anomalous object with a label and a score"
    assert evaluate([])["overall"]["seconds_per_scene"] is None


def test_a_method_that_knows_the_truth_is_perfect(tmp_path: Path) -> None:
    scenes = [read_scene(make_scene(tmp_path / f"s{i}", views=2, objects=3 + i, anomalous=(i,))) for i in range(2)]
    scored = [scored_scene(scene.name, KnowingMethod()(scene, [0]), scene.objects) for scene in scenes]
    overall = evaluate(scored)["overall"]
    assert overall["auc"] == overall["accuracy"] == overall["recall"] == 1.0 and 0.7 < overall["mean_iou"] < 1.0
