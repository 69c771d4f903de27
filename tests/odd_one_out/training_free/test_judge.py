"""The whole method on synthetic scenes: boxes on a chequered floor, and the published sample where it is at hand."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.odd_one_out.judged_scene import JudgedScene
from pad_nerfstudio.odd_one_out.training_free.judge import ONE_VIEW, judge_scene
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings
from pad_nerfstudio.odd_one_out.verdicts import NO_OBJECT, ONE_OBJECT
from tests.scene_factory import make_scene

QUICK = TrainingFreeSettings(fits=1)
SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "toysad_sample_scene"


def iou(one: np.ndarray, other: np.ndarray) -> float:
    shared = np.clip(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0, None).prod()
    return float(shared / ((one[1] - one[0]).prod() + (other[1] - other[0]).prod() - shared))


def test_odd_box_of_four_is_found_and_ranked_first(tmp_path: Path) -> None:
    scene = read_scene(make_scene(tmp_path / "scene", views=8, objects=4, size=(160, 160), anomalous=(2,)))
    judged = judge_scene(scene, range(8))
    assert len(judged.objects) == 4
    overlaps = np.array([[iou(found.bounds, true.bounds) for true in scene.objects] for found in judged.objects])
    assert (overlaps.max(axis=0) > 0.5).all(), "every box is found"
    scores = [found.score for found in judged.objects]
    assert None not in scores
    assert overlaps[int(np.argmax(scores))].argmax() == 2, "the one with the dark side is odd"


def test_one_view_says_why_nothing_is_found(tmp_path: Path) -> None:
    judged = judge_scene(read_scene(make_scene(tmp_path / "scene", views=3)), [1])
    assert judged.objects == () and judged.notes == (ONE_VIEW,) and judged.views == (1,)


@pytest.mark.parametrize(("objects", "note"), [(0, NO_OBJECT), (1, ONE_OBJECT)])
def test_too_few_objects_are_said(tmp_path: Path, objects: int, note: str) -> None:
    scene = read_scene(make_scene(tmp_path / "scene", views=8, objects=objects, size=(128, 128)))
    judged = judge_scene(scene, range(8), QUICK)
    assert len(judged.objects) == objects
    assert judged.notes == (note,)
    assert all(found.score is None and found.is_anomalous is None for found in judged.objects)


def test_the_same_photos_give_the_same_answer(tmp_path: Path) -> None:
    scene = read_scene(make_scene(tmp_path / "scene", views=8, objects=3, size=(128, 128)))
    forth, again = judge_scene(scene, range(8), QUICK), judge_scene(scene, range(8), QUICK)
    assert [o.score for o in forth.objects] == [o.score for o in again.objects]
    assert all((a.bounds == b.bounds).all() for a, b in zip(forth.objects, again.objects, strict=True))


@cache
def judged_bananas(step: int) -> JudgedScene:
    """The published sample, judged from every `step`-th view."""
    return judge_scene(read_scene(SAMPLE), range(0, 20, step))


@pytest.mark.slow
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the published sample scene is not at hand")
@pytest.mark.parametrize("step", [4, 1])
def test_cracked_banana_is_ranked_first(step: int) -> None:
    scene, judged = read_scene(SAMPLE), judged_bananas(step)
    assert len(judged.objects) == 3
    overlaps = np.array([[iou(found.bounds, true.bounds) for true in scene.objects] for found in judged.objects])
    odd = max(range(3), key=lambda n: judged.objects[n].score or 0.0)
    assert scene.objects[int(overlaps[odd].argmax())].label == 1
    assert (overlaps.max(axis=1) > 0.5).all(), "a perfect box would have 0.57"
