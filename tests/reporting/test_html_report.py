"""The report is one file, complete, and safe against any name."""

import re
from pathlib import Path

import numpy as np

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.reporting.html_report import write_report
from tests.reporting.fake_run import fake_run

COMMAND = ["ns-pad-score", "--load-config", "/runs/a b/config.yml"]


def test_the_report_holds_every_query_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    path = write_report(run, COMMAND)
    page = path.read_text(encoding="utf-8")
    assert path == run.output.report_path
    assert page.count("<article") == len(run.scores) == 6
    assert page.count("data:image/jpeg;base64,") == 4 * 6 + 4
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "http" not in page.replace("http-equiv", "")
    assert "not localised" in page and "'/runs/a b/config.yml'" in page.replace("&#39;", "'")


def test_names_are_escaped(tmp_path: Path) -> None:
    page = write_report(fake_run(tmp_path, name="<script>alert(1)</script>"), COMMAND).read_text(encoding="utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "Stains & <i>" not in page and "Stains &amp; &lt;i&gt;" in page


def test_without_threshold_there_are_no_verdicts(tmp_path: Path) -> None:
    run = fake_run(tmp_path)
    bare = ScoringRun(run.output, run.scores, Calibration(np.zeros(0), 0.05), run.summary)
    page = write_report(bare, COMMAND).read_text(encoding="utf-8")
    assert "called anomalous" not in page and "no held-out normal view" in page
