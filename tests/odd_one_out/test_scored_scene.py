"""Found objects against true ones: who is matched, missed, right and wrong."""

from dataclasses import replace

import numpy as np
import pytest

from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene
from pad_nerfstudio.odd_one_out.scored_scene import scored_scene
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return read_scene(make_scene(tmp_path_factory.mktemp("scenes") / "tray", views=4, objects=4))


def shuffled(judged: JudgedScene, order: list[int]) -> JudgedScene:
    return replace(judged, objects=tuple(judged.objects[i] for i in order))


def test_everything_found_is_right_whatever_the_order(scene: Scene) -> None:
    scored = scored_scene("tray", shuffled(KnowingMethod()(scene, [0, 2]), [2, 0, 3, 1]), scene.objects)
    names = [scene.objects[i].name for i in (2, 0, 3, 1)]
    assert [found.name for found in scored.objects] == names and scored.views == (0, 2) and scored.count == 4
    assert [found.number for found in scored.objects] == [1, 2, 3, 4]
    assert all(found.correct and found.iou is not None and found.iou > 0.7 for found in scored.objects)
    assert [found.kind for found in scored.objects] == ["good", "crack", "good", "good"]
    assert [found.label for found in scored.objects] == [0, 1, 0, 0]


def test_a_wrong_verdict_and_a_missed_object_are_not_correct(scene: Scene) -> None:
    scored = scored_scene("tray", KnowingMethod(wrong=(1,), missed=(2,))(scene, [0]), scene.objects)
    assert [found.correct for found in scored.objects] == [True, False, True, False]
    missed = scored.objects[-1]
    assert missed.number is None and missed.name == scene.objects[2].name and missed.iou == 0.0
    np.testing.assert_allclose(missed.bounds, scene.objects[2].bounds)


def test_the_right_verdict_in_a_poor_box_is_not_correct(scene: Scene) -> None:
    judged = KnowingMethod(noise=0.0)(scene, [0])
    box = judged.objects[0].bounds
    poor = replace(judged.objects[0], bounds=box + [[0.0, 0.0, 0.6 * (box[1, 2] - box[0, 2])]])
    scored = scored_scene("tray", replace(judged, objects=(poor, *judged.objects[1:])), scene.objects)
    assert scored.objects[0].iou == pytest.approx(0.25) and scored.objects[0].correct is False
    assert scored.objects[0].name == scene.objects[0].name


def test_a_box_around_nothing_is_false_and_no_verdict_is_not_correct(scene: Scene) -> None:
    judged = KnowingMethod()(scene, [0])
    nothing = JudgedObject(judged.objects[0].bounds + 5.0, 0.0, False, np.zeros((0, 3)))
    unsure = replace(judged.objects[1], score=None, is_anomalous=None)
    objects = (judged.objects[0], unsure, *judged.objects[2:], nothing)
    scored = scored_scene("tray", replace(judged, objects=objects), scene.objects)
    assert scored.objects[-1].name is None and scored.objects[-1].iou == 0.0 and scored.objects[-1].correct is False
    assert scored.objects[1].correct is False and scored.objects[1].name == scene.objects[1].name


def test_without_truth_nothing_is_right_or_wrong(scene: Scene) -> None:
    judged = KnowingMethod()(scene, [0])
    scored = scored_scene("tray", judged, ())
    assert scored.count == 4
    for found in scored.objects:
        assert (found.name, found.label, found.iou, found.correct) == (None, None, None, None)
        assert found.score is not None
    unlabelled = [replace(known, label=None, kind=None) for known in scene.objects]
    for found in scored_scene("tray", judged, unlabelled).objects:
        assert found.correct is None and found.iou is not None and found.name is not None
    unplaced = [replace(known, bounds=None, box=None) for known in scene.objects]
    assert {found.iou for found in scored_scene("tray", judged, unplaced).objects} == {None}
