"""A finished run as one text for programs."""

import csv
import io
import json
from pathlib import Path

import pytest

from pad_nerfstudio.anomaly.fused.parts import FusedPart
from pad_nerfstudio.anomaly.outputs import CSV_COLUMNS, write_scores
from pad_nerfstudio.files import write_json
from pad_nerfstudio.reporting import documents
from pad_nerfstudio.reporting.documents import run_document, scenes_document
from pad_nerfstudio.reporting.html_report import write_report
from tests.odd_one_out.fakes import KnowingMethod
from tests.reporting.fake_run import fake_run
from tests.reporting.test_scene_report import run_on
from tests.scene_factory import make_scene


def test_json_holds_metrics_threshold_and_every_query(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    told = json.loads(run_document("json", run, [FusedPart("gear", None, (1.0,), 0)]))
    assert list(told) == ["verdict", "threshold", "metrics", "queries", "parts", "notes", "files"]
    assert told["threshold"] == run.calibration.threshold and told["metrics"] == json.loads(json.dumps(run.summary))
    assert [tuple(query) for query in told["queries"]] == [CSV_COLUMNS] * 6
    assert told["queries"][3]["image_score"] == run.scores[3].image_score
    assert told["parts"] == [{"part_id": "gear", "fused_score": None, "n_queries": 1, "n_fused": 0}]
    assert told["files"]["report"] == str(run.output.report_path) and "one.png is broken" in told["notes"][0]


def test_csv_and_html_are_the_files(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    write_scores(run.output.scores_path, run.scores, run.calibration)
    write_report(run, ["ns-pad-score"])
    rows = list(csv.DictReader(io.StringIO(run_document("csv", run))))
    assert [row["file_path"] for row in rows] == [score.file_path for score in run.scores]
    assert run_document("html", run) == run.output.report_path.read_text(encoding="utf-8")


def test_markdown_has_the_metrics_and_the_most_anomalous_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MARKDOWN_QUERIES", 4)
    text = run_document("markdown", fake_run(tmp_path))
    assert text.startswith("# \\<b\\>toy\\</b\\>\n\n") and "queries are anomalous" in text
    assert "- one.png is broken and was left out\n- 3 queries were not localised" in text
    assert "## Metrics in percent" in text and "Stains & \\<i\\>scratches\\</i\\>" in text
    assert text.count("| test/") == 4 and "2 queries with lower scores are left out." in text


def test_scenes_are_told_in_every_form(tmp_path: Path) -> None:
    make_scene(tmp_path / "scenes" / "tray", views=2, objects=3, anomalous=(0,))
    run = run_on(tmp_path, KnowingMethod(remarks=("knows the truth",)))
    told = json.loads(scenes_document("json", run))
    assert list(told) == ["verdict", "metrics", "objects", "notes", "files"]
    assert len(told["objects"]) == 6 and told["objects"][0]["scene"] == "tray" and told["notes"][0] == "knows the truth"
    assert told["metrics"] == json.loads(run.output.metrics_path.read_text())
    assert scenes_document("csv", run) == run.output.objects_path.read_text()
    assert "## By number of views" in scenes_document("markdown", run)
    write_json(run.output.report_path, "a page")
    assert scenes_document("html", run) == '"a page"\n'
