"""The report on scenes is one file, complete, and safe against any name."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.odd_one_out.judged_scene import JudgedScene
from pad_nerfstudio.odd_one_out.methods import NamedMethod
from pad_nerfstudio.odd_one_out.run import read_scenes, run_scene_scoring
from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder
from pad_nerfstudio.odd_one_out.scene_run import SceneRun
from pad_nerfstudio.reporting import scene_report
from pad_nerfstudio.reporting.scene_report import report_content, write_scene_report
from pad_nerfstudio.reporting.scene_tables import missing_metrics, scene_tables
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene, read_metadata, write_metadata

COMMAND = ["ns-pad-score", "--method", "training-free", "--scenes", "/my trays"]


def run_on(root: Path, method: KnowingMethod, views: tuple[int, ...] = (1, 2)) -> SceneRun:
    return run_scene_scoring(read_scenes([root / "scenes"]), views, method.named(), SceneOutputFolder(root / "out"))


@pytest.fixture
def trays(tmp_path: Path) -> Path:
    for name, count in (("<i>tray", 3), ("tray 2", 5), ("single", 1)):
        make_scene(tmp_path / "scenes" / name, views=2, objects=count, anomalous=(0,) if count > 1 else ())
    return tmp_path


def test_the_report_shows_every_scene_and_asks_for_nothing_outside(trays: Path) -> None:
    run = run_on(trays, KnowingMethod(wrong=(2,), remarks=("knows the truth",)))
    path = write_scene_report(run, COMMAND)
    page = path.read_text(encoding="utf-8")
    assert path == run.output.report_path and page.count("<article") == 3
    assert page.count("data:image/jpeg;base64,") == 5 + 5 + 3
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page) and "http" not in page.replace("http-equiv", "")
    assert "<i>" not in page and "&lt;i&gt;tray" in page
    assert "one object only" in page and "knows the truth" in page and "'/my trays'" in page.replace("&#39;", "'")
    for title in ("By number of views", "By number of objects, 2 views", "By kind of anomaly, 2 views"):
        assert f"<h2>{title}</h2>" in page
    assert page.count('class="plot"') == 4, "histogram, ROC and two trends"
    assert page.index("tray 2") < page.rindex("single"), "scenes with mistakes come first"


def test_tables_hold_the_metrics_in_percent(trays: Path) -> None:
    run = run_on(trays, KnowingMethod(wrong=(2,), missed=(3, 4)))
    views, counts, kinds = scene_tables(run.summary)
    assert views.columns[:3] == ("views", "objects", "anomalous") and [row[0] for row in views.texts] == ["1", "2"]
    assert views.texts[1][4] == f"{100 * 4 / 9:.1f}", "two wrong, two missed, one without verdict"
    assert [row[0] for row in counts.texts] == ["1", "3", "5"] and counts.texts[0][3] == "–"
    assert [row[0] for row in kinds.texts] == ["crack", "good"] and kinds.columns[-1] == "recall"
    assert missing_metrics(run.summary) == []


def test_tiles_count_objects_as_the_tables_do_and_false_ones_apart(trays: Path) -> None:
    def with_one_astray(scene: Scene, views: Sequence[int]) -> JudgedScene:
        judged = KnowingMethod(missed=(4,))(scene, views)
        first, *others = judged.objects
        return replace(judged, objects=(replace(first, bounds=first.bounds + 5), *others))

    method = NamedMethod("training-free", with_one_astray)
    run = run_scene_scoring(read_scenes([trays / "scenes"]), [], method, SceneOutputFolder(trays / "out"))
    tiles = {tile["name"]: tile["value"] for tile in report_content(run, COMMAND)["tiles"]}
    assert (tiles["objects"], tiles["objects found"], tiles["false objects"]) == ("9", "8", "3")
    assert tiles["objects"] == scene_tables(run.summary)[0].texts[-1][1]


def test_without_truth_there_are_verdicts_and_reasons(tmp_path: Path) -> None:
    folder = make_scene(tmp_path / "scenes" / "tray", views=2)
    (known,) = read_scenes([folder])
    judged = KnowingMethod()(known, (0, 1))
    write_metadata(folder, {"camera": read_metadata(folder)["camera"]})

    method = NamedMethod("training-free", lambda scene, views: judged)
    run = run_scene_scoring(read_scenes([folder]), [], method, SceneOutputFolder(tmp_path / "out"))
    page = write_scene_report(run, COMMAND).read_text(encoding="utf-8")
    assert "no object with bounds in the metadata" in page and "odd: 1" in page and "ROC with" not in page
    assert "with all views" in page and "AUC: no object with a label and a score." in missing_metrics(run.summary)
    tiles = {tile["name"]: tile["value"] for tile in report_content(run, COMMAND)["tiles"]}
    assert "objects" not in tiles and "false objects" not in tiles and tiles["objects found"] == "3"


def test_only_so_many_scenes_get_pictures(trays: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene_report, "MAX_CARDS", 1)
    page = write_scene_report(run_on(trays, KnowingMethod(), (1,)), COMMAND).read_text(encoding="utf-8")
    assert page.count("<article") == 1 and "2 further scenes have no picture here" in page
