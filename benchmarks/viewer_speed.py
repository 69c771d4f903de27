"""How large and how often `ns-viewer` sends pictures of a field to a real browser, while the camera turns and at rest.

    python benchmarks/viewer_speed.py --load-config CONFIG --screenshots FOLDER

Needs the `dev` extra and Debian's `chromium`. The browser draws in software, on the same cores as the field.
"""

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Any

import cv2
import numpy as np
import tyro
from recorded import record

JPEG_START = b"\xff\xd8\xff"


@dataclass
class ViewerSpeed:
    """Options of viewer_speed.py."""

    load_config: Path
    """The config.yml of a trained field."""
    screenshots: Path
    """Folder for what the browser shows before and after the drag, and for the last picture it was sent."""
    seconds: float = 5.0
    """How long the camera is dragged."""
    port: int = 7013
    """Where the viewer listens."""
    chromium: Path = Path("/usr/bin/chromium")
    """The browser."""
    output: Path = Path(__file__).parent / "results" / "viewer_speed.json"
    """Where the figures go."""


@dataclass
class Pictures:
    """The pictures that came through the browser's websocket."""

    seen: list[tuple[float, np.ndarray]] = field(default_factory=list)
    """Arrival time in seconds, and the encoded picture."""

    def receive(self, payload: Any) -> None:
        """Keep the picture of a message, if it holds one."""
        start = payload.find(JPEG_START) if isinstance(payload, bytes) else -1
        if start >= 0:
            self.seen.append((time.perf_counter(), np.frombuffer(payload, np.uint8)[start:]))

    def settle(self, page: Any, quiet: float = 3.0, patience: float = 120.0) -> None:
        """Wait until a picture has come and no other follows for `quiet` seconds.

        Raises:
            TimeoutError: this did not happen within `patience` seconds
        """
        start = time.perf_counter()
        while not self.seen or time.perf_counter() < self.seen[-1][0] + quiet:
            if time.perf_counter() > start + patience:
                raise TimeoutError(f"the viewer did not come to rest within {patience:g} s")
            page.wait_for_timeout(200)

    def between(self, start: float, end: float) -> list[np.ndarray]:
        """The pictures that arrived in a span of time, decoded."""
        return [cv2.imdecode(data, cv2.IMREAD_COLOR) for arrival, data in self.seen if start <= arrival < end]


@contextmanager
def viewer(config: Path, port: int) -> Iterator[None]:
    """`ns-viewer` on a field, from when it listens."""
    where = ["--viewer.websocket-port", str(port), "--viewer.websocket-host", "127.0.0.1"]
    command = [Path(sys.executable).parent / "ns-viewer", "--load-config", config, *where]
    with TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None and f":{port}".encode() not in _content(log):
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait()


def _content(log: Any) -> bytes:
    log.seek(0)
    return log.read()


def measure(options: ViewerSpeed) -> dict[str, Any]:
    """Open the viewer, rest, drag, rest."""
    from playwright.sync_api import sync_playwright

    pictures = Pictures()
    shots = options.screenshots
    shots.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with viewer(options.load_config, options.port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=arguments)
        page = browser.new_page(viewport={"width": 900, "height": 600})
        page.on("websocket", lambda socket: socket.on("framereceived", pictures.receive))
        page.goto(f"http://127.0.0.1:{options.port}")
        pictures.settle(page)
        page.screenshot(path=shots / "before.png")
        page.mouse.move(350, 300)
        page.mouse.down()
        start = time.perf_counter()
        while time.perf_counter() < start + options.seconds:
            turn = time.perf_counter() - start
            page.mouse.move(350 + 120 * math.sin(2 * turn), 300 + 30 * math.cos(1.5 * turn))
            page.wait_for_timeout(40)
        end = time.perf_counter()
        page.mouse.up()
        first = start + min(1.0, options.seconds / 2)  # by then, sizes chosen before the drag are through
        moving = pictures.between(first, end)
        pictures.settle(page)
        page.screenshot(path=shots / "after.png")
        browser.close()
    last = pictures.between(0.0, math.inf)[-1]
    cv2.imwrite(str(shots / "last_sent.png"), last)
    heights, widths = zip(*[picture.shape[:2] for picture in moving], strict=True)
    return {
        "at_rest": {"width": last.shape[1], "height": last.shape[0]},
        "moving": {
            "pictures_per_second": len(moving) / (end - first),
            "width": {"least": min(widths), "median": median(widths), "largest": max(widths)},
            "height": {"least": min(heights), "median": median(heights), "largest": max(heights)},
        },
    }


def main(options: ViewerSpeed) -> None:
    """Measure, print and write."""
    found = measure(options)
    print(found)
    record(options.output, found, ("viser", "playwright"))


if __name__ == "__main__":
    main(tyro.cli(ViewerSpeed))
