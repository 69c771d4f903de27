"""What people see in a browser: the field in the viewer."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.chromium import NEEDS_CHROMIUM

VIEWER_SPEED = Path(__file__).parents[1] / "benchmarks" / "viewer_speed.py"
pytestmark = NEEDS_CHROMIUM


@pytest.mark.slow
def test_the_viewer_shows_the_field(tiny_run: Path, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="playwright is missing: pip install playwright")
    out = tmp_path / "speed.json"
    options = ["--load-config", tiny_run, "--screenshots", tmp_path, "--seconds", "2", "--output", out]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", VIEWER_SPEED, *options], capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["at_rest"]["width"] == 512
    assert found["moving"]["pictures_per_second"] >= 2
    sent = cv2.imread(str(tmp_path / "last_sent.png"))
    vivid = sent.max(-1).astype(int) - sent.min(-1) > 60
    assert 0.02 < vivid.mean() < 0.6 and sent[2, 2].min() > 240  # the coloured cube on white
