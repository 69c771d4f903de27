"""The report in a real browser: it sorts, filters, compares, fits any window, and asks for nothing outside."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pad_nerfstudio.reporting.html_report import write_report
from tests.chromium import NEEDS_CHROMIUM, opened_browser, opened_file
from tests.reporting.fake_run import fake_run, many_times

pytestmark = NEEDS_CHROMIUM
FITS = "document.scrollingElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run")
    return write_report(many_times(fake_run(root, name="<b>toy</b> </script>"), 30), ["ns-pad-score"])


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    with opened_file(browser, report) as opened:
        yield opened


def column(page: Any, number: int) -> list[str]:
    return page.locator(f"#queries tbody tr:not([hidden]) td:nth-child({number})").all_inner_texts()


def test_heads_sort_the_table_and_the_strips(page: Any) -> None:
    scores = [float(text) for text in column(page, 3)]
    assert len(scores) == 30 and scores == sorted(scores, reverse=True)
    head = page.locator("#queries th", has_text="query")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending" and column(page, 1) == sorted(column(page, 1), key=str.lower)
    assert page.locator("article b").all_text_contents() == column(page, 1)
    names = column(page, 1)
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending" and column(page, 1) == sorted(names, key=str.lower)[::-1]
    page.get_by_role("button", name="seconds").click()
    seconds = [float(text) for text in column(page, 7)]
    assert seconds == sorted(seconds, reverse=True) and page.locator("#queries [aria-sort]").count() == 1


def test_filters_by_verdict_kind_and_name_act_together(page: Any) -> None:
    page.get_by_role("button", name="normal (").click()
    assert set(column(page, 5)) == {"normal"}
    page.get_by_label("kind").select_option("Burrs")
    assert set(column(page, 2)) == {"Burrs"} and set(column(page, 5)) == {"normal"}
    shown = column(page, 1)
    page.get_by_label("name").fill(shown[0][-8:].upper())
    assert column(page, 1) == shown[:1] and page.locator(".filters output").inner_text() == "1 of 30 shown"
    assert page.locator("article:visible b").all_text_contents() == shown[:1]
    page.get_by_label("name").fill("nowhere")
    assert column(page, 1) == [] and page.locator("article:visible").count() == 0


def test_the_line_between_query_and_reference_moves_by_key_and_pointer(page: Any) -> None:
    page.locator("article").first.scroll_into_view_if_needed()
    line, above = page.locator("article input[type=range]").first, page.locator(".compare img:nth-of-type(2)").first
    assert "query" in line.get_attribute("aria-label") and "50%" in above.evaluate("i => getComputedStyle(i).clipPath")
    line.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert line.input_value() == "53" and "47%" in above.evaluate("i => getComputedStyle(i).clipPath")
    page.keyboard.press("Home")
    assert "100%" in above.evaluate("i => getComputedStyle(i).clipPath"), "the reference alone"
    box = line.bounding_box()
    for share in (0.75, 0.25):
        page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        assert abs(int(line.input_value()) - 100 * share) < 5


def test_the_keyboard_reaches_everything(page: Any) -> None:
    page.locator("#list").scroll_into_view_if_needed()
    page.get_by_role("button", name="all (").focus()
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.tagName + (document.activeElement.type ?? '')"))
    assert {"BUTTONbutton", "SELECTselect-one", "INPUTsearch", "A"} <= set(reached)
    names = column(page, 1)
    page.locator("#queries a").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == names[1]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.url.endswith("#q1")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.querySelector('b').textContent") == names[1]
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.querySelector('b').textContent") == names[0]
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 100


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_it_fits_the_window_in_light_and_dark(browser: Any, report: Path, width: int, scheme: str) -> None:
    with opened_file(browser, report, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        page.locator("article").last.scroll_into_view_if_needed()
        page.locator("article:last-child .compare img").first.wait_for()
        assert page.evaluate(FITS), "the page scrolls sideways"
        page.locator("article:last-child img").evaluate_all("images => Promise.all(images.map(each => each.decode()))")
        boxes = "[...document.querySelectorAll('.tile, .card, .scroll, .plotcard')]"
        assert page.evaluate(f"{boxes}.every(box => getComputedStyle(box).borderTopWidth != '0px')"), "no border"
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        darkness = [int(part) for part in color[4:-1].split(",")]
        assert max(darkness) < 60 if scheme == "dark" else min(darkness) > 200


def test_without_the_script_everything_is_there_to_read(browser: Any, report: Path) -> None:
    with opened_file(browser, report, java_script_enabled=False) as page:
        assert page.locator("article img").count() == 30 * 5 + 20 and page.locator("#queries tbody tr").count() == 30
        assert page.locator(".filters").is_hidden() and page.locator("input").locator("visible=true").count() == 0


@pytest.mark.slow
def test_a_report_of_1000_queries_is_there_at_once(browser: Any, tmp_path: Path) -> None:
    path = write_report(many_times(fake_run(tmp_path, side=400), 1000), ["ns-pad-score"])
    size = path.stat().st_size / 1e6
    times = [opening(browser, path) for _ in range(3)]
    seconds, busy = min(wall for wall, _ in times), min(busy for _, busy in times)
    print(f"{size:.1f} MB, first table and strip after {seconds:.2f} s, {busy:.2f} s of computing")
    assert size < 40 and busy < 2
    if os.getloadavg()[0] <= (os.cpu_count() or 1):  # else the time tells of what else is running
        assert seconds < 3


def opening(browser: Any, path: Path) -> tuple[float, float]:
    """Seconds until a report of 1000 queries shows table and first strip, and those that its main thread computed."""
    with opened_file(browser, path, go=False) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.locator("#queries tbody tr").first.wait_for()
        page.evaluate("document.querySelector('article').scrollIntoView()")
        page.locator("article .compare img").first.wait_for()
        seconds = time.perf_counter() - start
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        assert page.locator("#queries tbody tr").count() == page.locator("article").count() == 1000
        assert page.evaluate("document.images.length") < 200, "only pictures near the window are there"
        page.evaluate("document.querySelectorAll('article')[700].scrollIntoView()")
        page.locator("article").nth(700).locator(".compare img").first.wait_for()
        return seconds, metrics["TaskDuration"]
