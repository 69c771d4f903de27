"""What people see in a browser: the field in the viewer, and the report."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from pad_nerfstudio.reporting.html_report import write_report
from tests.reporting.fake_run import fake_run

CHROMIUM = Path("/usr/bin/chromium")
VIEWER_SPEED = Path(__file__).parents[1] / "benchmarks" / "viewer_speed.py"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt install chromium"),
]


@pytest.fixture
def page() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


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


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_complete_and_fits_the_window(page, tmp_path: Path, width: int) -> None:
    report = write_report(fake_run(tmp_path), ["ns-pad-score"])
    page.set_viewport_size({"width": width, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
    page.goto(report.as_uri())
    assert page.locator("article").count() == 6
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    boxes = "[...document.querySelectorAll('.tile, .card, .scroll, .plotcard')]"
    assert page.evaluate(f"{boxes}.every(box => getComputedStyle(box).borderTopWidth != '0px')"), "a box has no border"
    assert not complaints
