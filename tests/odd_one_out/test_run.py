"""The resumable run on scenes: outputs as agreed, nothing judged twice, nothing stale kept."""

import csv
import json
from pathlib import Path

import pytest

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.evaluation import METRIC_NAMES
from pad_nerfstudio.odd_one_out.methods import NamedMethod
from pad_nerfstudio.odd_one_out.run import read_scenes, run_scene_scoring
from pad_nerfstudio.odd_one_out.scene_outputs import CSV_COLUMNS, SceneOutputFolder, unique_names
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene, read_metadata, write_metadata


@pytest.fixture
def trays(tmp_path: Path) -> list[Scene]:
    """Two scenes of one name, the second without an anomaly."""
    make_scene(tmp_path / "scenes" / "a" / "tray", views=4)
    make_scene(tmp_path / "scenes" / "b" / "tray", views=4, objects=4, anomalous=())
    return read_scenes([tmp_path / "scenes", tmp_path / "scenes" / "a"])


@pytest.fixture
def output(tmp_path: Path) -> SceneOutputFolder:
    return SceneOutputFolder(tmp_path / "out")


def test_outputs_follow_the_contract(trays: list[Scene], output: SceneOutputFolder) -> None:
    run = run_scene_scoring(trays, [4, 2], KnowingMethod(wrong=(1,), missed=(2,)).named(), output)
    rows = list(csv.DictReader(output.objects_path.open()))
    assert tuple(rows[0]) == CSV_COLUMNS and len(rows) == 2 * (3 + 4)
    assert [row["scene"] for row in rows[:7]] == ["a/tray"] * 3 + ["b/tray"] * 4 and rows[0]["views"] == "2"
    first, wrong, missed = rows[:3]
    assert (first["object"], first["name"], first["label"], first["kind"]) == ("1", "object", "1", "crack")
    assert (first["is_anomalous"], first["correct"], wrong["correct"]) == ("true", "true", "false")
    assert float(first["x_min"]) < float(first["x_max"]) and float(first["iou"]) > 0.7
    assert (missed["object"], missed["name"], missed["score"], missed["correct"]) == ("", "object.002", "", "false")
    metrics = json.loads(output.metrics_path.read_text())
    assert list(metrics["views"]) == ["2", "4"] == list(run.by_views) and run.most_views == "4"
    overall = metrics["views"]["4"]["overall"]
    assert overall["accuracy"] == pytest.approx(3 / 7) and overall["recall"] == pytest.approx(5 / 7)
    assert set(METRIC_NAMES) < set(overall) and set(metrics["views"]["4"]["object_counts"]) == {"3", "4"}
    assert metrics["method"] == "training-free" and metrics["seed"] is None and metrics["versions"]["scikit-learn"]
    assert run.verdict == "with 4 views, 3 of 5 objects in 2 scenes are not like the others"
    for picture in ("boxes", "boxes_behind", "part", "features", "correspondences"):
        assert (output.pictures("a/tray", 2) / f"{picture}.png").is_file()
    assert not list(output.root.rglob("*.tmp*"))


def test_by_default_all_views_are_looked_at(trays: list[Scene], output: SceneOutputFolder) -> None:
    method = KnowingMethod()
    run = run_scene_scoring(trays, [], method.named(), output)
    assert [views for _, views in method.asked] == [(0, 1, 2, 3)] * 2 and list(run.by_views) == ["all"]


def test_a_restart_judges_nothing_that_is_finished(trays: list[Scene], output: SceneOutputFolder) -> None:
    method = KnowingMethod()
    first = run_scene_scoring(trays[:1], [2, 4], method.named(), output)
    method.asked.clear()
    second = run_scene_scoring(trays, [4, 2, 2], method.named(), output)
    assert method.asked == [("tray", (0, 2)), ("tray", (0, 1, 2, 3))], "the second scene only"
    rows = [[found.score for found in run.by_views["4"][0].objects] for run in (first, second)]
    assert rows[0] == rows[1]


def test_a_lost_picture_is_drawn_anew_without_judging(trays: list[Scene], output: SceneOutputFolder) -> None:
    method = KnowingMethod()
    run_scene_scoring(trays, [2], method.named(), output)
    picture = output.pictures("a/tray", 2) / "boxes.png"
    picture.unlink()
    method.asked.clear()
    run_scene_scoring(trays, [2], method.named(), output)
    assert picture.is_file() and not method.asked


def test_other_photos_metadata_or_weights_are_judged_anew(
    trays: list[Scene], output: SceneOutputFolder, tmp_path: Path
) -> None:
    method, weights = KnowingMethod(), tmp_path / "weights"
    weights.write_bytes(b"one")
    named = NamedMethod("odd-one-out", method, config=weights, checkpoint=weights)

    def asked() -> int:
        method.asked.clear()
        run_scene_scoring(trays, [2], named, output)
        return len(method.asked)

    assert asked() == 2 and asked() == 0
    photo = trays[0].views[2].path
    photo.write_bytes(photo.read_bytes() + b" ")
    assert asked() == 1
    trays[1].views[1].path.touch()  # not among those looked at
    assert asked() == 0
    content = read_metadata(trays[1].root)
    write_metadata(trays[1].root, content | {"remark": "changed"})
    assert asked() == 1
    weights.write_bytes(b"other")
    assert asked() == 2


def test_a_tray_of_one_s_own_without_labels(tmp_path: Path, output: SceneOutputFolder) -> None:
    folder = make_scene(tmp_path / "tray", views=3)
    scene = read_scenes([folder])[0]
    judged = KnowingMethod()(scene, [0, 1])
    write_metadata(folder, {"camera": read_metadata(folder)["camera"]})
    run = run_scene_scoring(
        read_scenes([folder]), [2], NamedMethod("training-free", lambda scene, views: judged), output
    )
    row = next(iter(csv.DictReader(output.objects_path.open())))
    assert (row["scene"], row["name"], row["label"], row["iou"], row["correct"]) == ("tray", "", "", "", "")
    assert row["is_anomalous"] == "true" and float(row["score"]) > 0.5
    overall = json.loads(output.metrics_path.read_text())["views"]["2"]["overall"]
    assert {overall[name] for name in METRIC_NAMES} == {None}
    assert set(overall["reasons"]) == set(METRIC_NAMES) and overall["n_found"] == 3
    assert run.verdict == "with 2 views, 1 of 3 objects in 1 scene are not like the others"


def test_what_was_noticed_is_said_once(tmp_path: Path, output: SceneOutputFolder) -> None:
    make_scene(tmp_path / "scenes" / "one", views=3, objects=1, anomalous=())
    make_scene(tmp_path / "scenes" / "none", views=3)
    method = KnowingMethod(missed=(0, 1, 2))
    run = run_scene_scoring(read_scenes([tmp_path / "scenes" / "none"]), [1, 3], method.named(), output)
    assert run.sentences == ["none: no object was found: there is nothing to compare"]
    method.missed = ()
    run = run_scene_scoring(read_scenes([tmp_path / "scenes"]), [1, 3], method.named(), output)
    assert run.sentences[1].startswith("one: one object only") and "without verdict: 1" in run.verdict
    assert json.loads(output.metrics_path.read_text())["notes"] == run.sentences


def test_what_is_said_with_some_views_only_names_them(trays: list[Scene], output: SceneOutputFolder) -> None:
    few = KnowingMethod()

    def judge(scene: Scene, views: tuple[int, ...]) -> object:
        few.missed = (0, 1, 2, 3) if len(views) == 1 else ()
        return few(scene, views)

    run = run_scene_scoring(trays[:1], [1, 2], NamedMethod("training-free", judge), output)  # type: ignore[arg-type]
    assert run.sentences == ["tray: no object was found: there is nothing to compare (with 1 views)"]


def test_too_many_views_and_no_scene_are_refused_before_anything_is_judged(
    trays: list[Scene], output: SceneOutputFolder, tmp_path: Path
) -> None:
    method = KnowingMethod()
    with pytest.raises(UserError, match="--views 5: "):
        run_scene_scoring(trays, [2, 5], method.named(), output)
    assert not method.asked and not output.root.exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty: no scene there"):
        read_scenes([tmp_path / "empty"])


def test_a_split_says_which_scenes_are_judged(trays: list[Scene], tmp_path: Path) -> None:
    make_scene(tmp_path / "scenes" / "c", views=1, masks=False)
    split = tmp_path / "split.json"
    split.write_text('{"train": [], "test": ["c"]}')
    assert [scene.name for scene in read_scenes([tmp_path / "scenes"], split)] == ["c"]
    with pytest.raises(UserError, match="--split: its scenes lie under one folder"):
        read_scenes([tmp_path / "scenes" / "a", tmp_path / "scenes" / "b"], split)
    split.write_text('{"train": ["c"], "test": []}')
    with pytest.raises(UserError, match="split.json: its part 'test' is empty"):
        read_scenes([tmp_path / "scenes"], split)


def test_names_are_unique() -> None:
    roots = [Path("/x/train/a"), Path("/x/test/a"), Path("/x/b")]
    assert list(unique_names(roots).values()) == ["train/a", "test/a", "b"]
    assert unique_names(roots[:1]) == {roots[0]: "a"}
