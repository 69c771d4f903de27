"""The report is one file, complete, and safe against any name."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.scoring_run import Residuals, ScoringRun
from pad_nerfstudio.reporting import query_cards
from pad_nerfstudio.reporting.html_report import report_content, write_report
from pad_nerfstudio.reporting.query_cards import difference
from tests.reporting.fake_run import fake_run, many_times

COMMAND = ["ns-pad-score", "--load-config", "/runs/a b/config.yml"]
EVIL = "</script></noscript><img src=x onerror=alert(1)>"


def test_the_report_holds_every_query_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    path = write_report(run, COMMAND)
    page = path.read_text(encoding="utf-8")
    assert path == run.output.report_path
    assert page.count("<article") == len(run.scores) == 6
    assert page.count("data:image/jpeg;base64,") == 5 * 6 and page.count("data:image/png;base64,") == 4
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "http" not in page.replace("http-equiv", "")
    assert "not localised" in page and "'/runs/a b/config.yml'" in page.replace("&#39;", "'")
    assert page.count('class="plot"') == 7, "scores, ROC, twice precision and recall, overlap, residuals, seconds"


def test_names_are_escaped(tmp_path: Path) -> None:
    run = fake_run(tmp_path, name="<script>alert(1)</script>")
    scores = [replace(score, kind=EVIL) for score in run.scores]
    plain, escaped = "<img src=x", "&lt;/script&gt;&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;"
    page = write_report(replace(run, scores=scores), [*COMMAND, EVIL]).read_text(encoding="utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "Stains & <i>" not in page and "Stains &amp; &lt;i&gt;" in page
    assert plain not in page and page.count(escaped) == 6 * 3 + 1
    assert page.count("</script>") == 1 and page.count("</noscript>") == 6


def test_without_threshold_there_are_no_verdicts(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    bare = ScoringRun(run.output, run.scores, Calibration(np.zeros(0), 0.05), run.summary)
    page = write_report(bare, COMMAND).read_text(encoding="utf-8")
    assert "called anomalous" not in page and "no held-out normal view" in page


def test_what_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    reasons = {"image_auroc": "no normal query", "pixel_ap": "no mask", "aupro": "no mask"}
    summary = {**run.summary, "overall": {**run.summary["overall"], "reasons": reasons}}
    content = report_content(replace(run, summary=summary, curves={}, residuals=Residuals()), COMMAND)
    told = [plot.caption for plot in [*content["score_plots"], *content["pose_plots"]] if not plot.svg]
    assert told == [
        "ROC of the queries: no normal query.",
        "Precision and recall of the queries: no normal query.",
        "Precision and recall of the pixels: no mask.",
        "Per-region overlap: no mask.",
        "Pose residuals: the poses were given without them.",
    ]


def test_the_tiles_count_verdicts_and_mistakes(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    tiles = {tile["name"]: tile["value"] for tile in report_content(run, COMMAND)["tiles"]}
    threshold = run.calibration.threshold
    assert threshold is not None
    missed = sum(score.label == 1 and score.image_score <= threshold for score in run.scores)
    assert tiles["queries"] == "6" and tiles["missed defects"] == str(missed) and tiles["not localised"] == "3"
    assert int(tiles["called anomalous"]) + int(tiles["called normal"]) == 6


def test_pictures_are_smaller_for_many_queries_and_end_at_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = many_times(fake_run(tmp_path, side=400), 12)
    monkeypatch.setattr(query_cards, "LARGE_STRIPS", 2)
    monkeypatch.setattr(query_cards, "MAX_STRIPS", 10)
    content = report_content(run, COMMAND)
    sizes = [sum(len(picture["uri"]) for picture in query["strip"]) for query in content["queries"]]
    assert min(sizes[:2]) > 2 * max(sizes[2:10]) > 0 and sizes[10:] == [0, 0] and content["left_out"] == 2
    assert "The last 2 queries" in write_report(run, COMMAND).read_text(encoding="utf-8")


def test_a_difference_is_absolute_amplified_and_cut_off() -> None:
    query, reference = np.full((1, 1, 3), 10, np.uint8), np.array([[[12, 0, 200]]], np.uint8)
    assert difference(query, reference).tolist() == [[[6, 30, 255]]]
