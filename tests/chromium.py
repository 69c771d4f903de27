"""A headless Chromium for the tests, and pages that must not complain or ask for anything outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt install chromium"),
]
"""Marks of tests that drive a browser."""


@contextmanager
def opened_browser() -> Iterator[Any]:
    """A running Chromium; skips the test where playwright is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened_file(browser: Any, path: Path, go: bool = True, **options: Any) -> Iterator[Any]:
    """A page of its own with a file; at the end it must have said nothing on the console and asked for nothing else.

    Args:
        browser: of `opened_browser`
        path: an HTML file
        go: open the file at once
        options: of Playwright's `new_page`
    """
    page, complaints = browser.new_page(**options), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if _is_outside(asked.url, path) else None)
    if go:
        page.goto(path.as_uri())
    yield page
    page.close()
    assert not complaints


def _is_outside(url: str, path: Path) -> bool:
    return not url.startswith(("data:", path.as_uri()))
