"""`ns-viewer` on a scored run, in a browser: what a user does with it."""

import csv
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

from pad_nerfstudio.anomaly.outputs import read_map
from pad_nerfstudio.viewing.layers import ANOMALY, OVERLAY, REFERENCE
from tests.command_line import QUICK, run_command

CHROMIUM = Path("/usr/bin/chromium")
BY_SOFTWARE = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
JPEG_START = b"\xff\xd8\xff"
PATIENCE = 120.0
"""Seconds that anything may take on a busy machine."""
NOT_OURS = ("Failed to load resource", "computeBoundingSphere(): Computed radius is NaN")
"""Complaints of the viewer of any run: Nerfstudio's logo from the network, and viser's empty line segments."""
READY = "disabled local writer"
"""What Nerfstudio says once its viewer is complete."""
ANSWER = re.compile(r"^(?:(?:no )?score .*at \(.*|nothing there)$", re.MULTILINE)
"""What the terminal says to a click."""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt install chromium"),
]


@dataclass
class Window:
    """The viewer in a browser."""

    page: Any
    """Playwright's page."""
    log: Path
    """What ns-viewer prints."""
    sent: list[bytes] = field(default_factory=list)
    """Pictures that came, as JPEG."""
    complaints: list[str] = field(default_factory=list)
    """Errors on the console."""

    def receive(self, payload: Any) -> None:
        """Keep the picture of a message, if it holds one."""
        start = payload.find(JPEG_START) if isinstance(payload, bytes) else -1
        if start >= 0:
            self.sent.append(payload[start:])

    def picture(self, side: int = 64) -> np.ndarray:
        """The last picture: its middle square, where a photo lies, as small as the photos of the run."""
        image = cv2.imdecode(np.frombuffer(self.sent[-1], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        h, w = image.shape[:2]
        crop = min(h, w)
        square = image[(h - crop) // 2 :][:crop, (w - crop) // 2 :][:, :crop]
        return cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA).astype(float)

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() > start + PATIENCE:
                pytest.fail(f"{what}: not within {PATIENCE:g} s; the page: {self.page.inner_text('body')!r}")
            self.page.wait_for_timeout(200)

    def choose(self, label: str, option: str) -> None:
        """Choose in a dropdown."""
        self.page.get_by_label(label, exact=True).click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def type_number(self, label: str, value: str) -> None:
        """Type into the field beside a slider."""
        row = self.page.locator("label", has_text=label).first.locator("xpath=ancestor::*[.//input][1]")
        row.locator("input[type=text]").last.fill(value)

    def point(self, right: float, down: float) -> tuple[float, float]:
        """Pixel of the page at a place of the middle square, where a photo lies; from -1 to 1 along both."""
        box = self.page.locator("canvas[data-engine]").bounding_box()  # another canvas spans the panel as well
        half = min(box["width"], box["height"]) / 2
        return box["x"] + box["width"] / 2 + right * half, box["y"] + box["height"] / 2 + down * half

    def click(self, right: float, down: float) -> str:
        """Click on a place of the middle square; returns what the terminal says to it, and to nothing else since."""
        earlier = len(self.log.read_text())

        def answers() -> list[str]:
            return [line for line in self.log.read_text()[earlier:].splitlines() if ANSWER.fullmatch(line)]

        self.page.mouse.click(*self.point(right, down))
        self.wait_for("an answer to the click", lambda: bool(answers()))
        (answer,) = answers()
        return answer

    def says(self, text: str) -> bool:
        """Whether a text stands somewhere on the page."""
        return self.page.get_by_text(text).count() > 0


@pytest.fixture(scope="module")
def scored(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy of the tiny run, scored: its config.yml and the results."""
    folder = tmp_path_factory.mktemp("viewed")
    shutil.copytree(tiny_run.parents[2], folder / "tiny")
    config_path = folder / "tiny" / tiny_run.relative_to(tiny_run.parents[2])
    config = yaml.load(config_path.read_text(), Loader=yaml.Loader)
    config.output_dir = folder
    config_path.write_text(yaml.dump(config))
    options = ["--load-config", config_path, "--output-dir", folder / "results"]
    assert run_command("ns-pad-localize", *options, *QUICK).code == 0
    done = run_command("ns-pad-score", *options, "--poses", folder / "results" / "poses.json", "--part-id", "folder")
    assert done.code == 0, done.err
    return config_path, folder / "results"


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`ns-viewer` and its log. It imports while the run is being scored, and waits on stdin to be told what to show."""
    pytest.importorskip("playwright", reason="playwright is missing: pip install playwright")
    log = tmp_path_factory.mktemp("log") / "viewer.log"
    code = "import json, sys; from nerfstudio.scripts.viewer.run_viewer import entrypoint; "
    code += "sys.argv[1:] = json.loads(input()); sys.exit(entrypoint())"
    command = [sys.executable, "-u", "-W", "ignore", "-c", code]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT)
    yield process, log
    process.terminate()
    process.communicate()


@pytest.fixture(scope="module")
def window(viewer: tuple[subprocess.Popen[bytes], Path], scored: tuple[Path, Path]) -> Iterator[Window]:
    """`ns-viewer` in a browser, from its first picture on."""
    from playwright.sync_api import sync_playwright

    process, log = viewer
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--viewer.websocket-host", "127.0.0.1", "--viewer.websocket-port", str(port)]
    options = ["--load-config", str(scored[0]), *where, "--viewer.max-num-display-images", "2"]
    assert process.stdin is not None
    process.stdin.write(json.dumps(options).encode() + b"\n")
    process.stdin.flush()
    start = time.monotonic()
    while READY not in log.read_text():  # a page that is opened while the panel is being made lacks parts of it
        assert process.poll() is None and time.monotonic() < start + 4 * PATIENCE, log.read_text()
        time.sleep(0.2)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=BY_SOFTWARE)
        page = browser.new_page(viewport={"width": 720, "height": 420})
        page.set_default_timeout(PATIENCE * 1000)
        shown = Window(page, log)
        page.on("websocket", lambda socket: socket.on("framereceived", shown.receive))
        page.on("console", lambda said: shown.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}")
        shown.wait_for("the first picture", lambda: bool(shown.sent))
        yield shown
        browser.close()


def photo_of(scored: tuple[Path, Path], name: str) -> np.ndarray:
    config = yaml.load(scored[0].read_text(), Loader=yaml.Loader)
    return np.asarray(Image.open(config.data / name).convert("RGB")).astype(float)


def reference_of(scored: tuple[Path, Path], name: str) -> np.ndarray:
    return np.asarray(Image.open(scored[1] / "references" / name)).astype(float)


@pytest.fixture(scope="module")
def rows(scored: tuple[Path, Path]) -> list[dict[str, str]]:
    """The queries, the most anomalous first."""
    with (scored[1] / "scores.csv").open() as table:
        return sorted(csv.DictReader(table), key=lambda row: -float(row["image_score"]))


def test_the_list_jumps_the_camera(window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]) -> None:
    count, (worst, second) = sum(row["is_anomalous"] == "true" for row in rows), (row["file_path"] for row in rows[:2])
    window.wait_for("the panel", lambda: window.says(f"{count} of 4 queries anomalous") and window.says(worst))
    entries = _options(window, "Query")
    assert [entry[:2] for entry in entries] == [f"{rank} " for rank in range(1, 5)]
    assert "anomalous" in entries[0] and entries[1].endswith(second.removeprefix("test/"))
    window.page.get_by_role("option", name=entries[1], exact=True).click()
    _looks_like(window, "the second query", reference_of(scored, second))
    window.page.get_by_role("button", name="Previous").click()
    _looks_like(window, "the first query", reference_of(scored, worst))


def test_the_photo_fades_in(window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]) -> None:
    photo, defect = _photo_and_defect(window, scored, rows)
    assert np.abs(window.picture() - photo)[defect].mean() > 60
    window.type_number("Photo", "1")
    window.wait_for("the photo", lambda: bool(np.abs(window.picture() - photo)[defect].mean() < 40))
    window.type_number("Photo", "0")
    _looks_like(window, "no photo", reference_of(scored, rows[0]["file_path"]))


def test_layers_are_selectable(window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]) -> None:
    _, defect = _photo_and_defect(window, scored, rows)
    layers = _options(window, "Output type")
    assert set(layers) - {"gl_z_buf_depth"} == {"rgb", "depth", "accumulation", REFERENCE, ANOMALY, OVERLAY}
    window.page.get_by_role("option", name=ANOMALY, exact=True).click()
    cold = np.array([48.0, 18.0, 59.0])  # turbo at 0
    window.wait_for("anomaly", lambda: bool(np.abs(window.picture()[:4, :4] - cold).max() < 25))
    window.choose("Scores of", "the selected query")
    window.wait_for("its map", lambda: bool(np.ptp(window.picture()[defect], axis=-1).mean() > 75))
    window.choose("Output type", OVERLAY)
    window.wait_for("the overlay", lambda: bool(window.picture()[:4, :4].min() > 200))
    window.wait_for("its colours on gray", lambda: bool(np.ptp(window.picture()[defect], axis=-1).mean() > 60))
    window.choose("Output type", REFERENCE)
    _looks_like(window, "the reference", reference_of(scored, rows[0]["file_path"]))


def test_a_click_reads_the_score_of_that_pixel(
    window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]
) -> None:
    _photo_and_defect(window, scored, rows)
    window.choose("Scores of", "the selected query")
    scores = read_map((scored[1] / "maps" / rows[0]["file_path"]).with_suffix(".tiff"))
    middle = scores[24:40, 24:40]  # on the object, from any side
    for found in (middle.argmax(), middle.argmin()):
        y, x = (int(index) + 24 for index in np.unravel_index(found, middle.shape))
        said = window.click(2 * (x + 0.5) / 64 - 1, 2 * (y + 0.5) / 64 - 1)
        error = abs(float(said.removeprefix("score ").split()[0]) - scores[y, x])
        assert error < 0.5 * np.ptp(scores[y - 1 : y + 2, x - 1 : x + 2]), "half a pixel off"
        window.wait_for("the score in the panel", lambda said=said: window.says(said))
    assert window.click(-0.97, 0.5) == "nothing there"


def test_a_drag_turns_the_view_and_clicks_go_on(
    window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]
) -> None:
    _photo_and_defect(window, scored, rows)
    before, place, mouse = window.picture(), window.click(0, 0), window.page.mouse
    earlier = len(window.log.read_text())
    mouse.move(*window.point(0, 0))
    mouse.down()
    mouse.move(*window.point(0.5, 0.2), steps=4)
    mouse.up()
    window.wait_for("another view", lambda: bool(np.abs(window.picture() - before).mean() > 8))
    window.page.get_by_text("queries anomalous").click()  # in the panel
    after = window.click(0, 0)
    assert " at (" in after and after != place
    assert len(ANSWER.findall(window.log.read_text()[earlier:])) == 1, "neither the drag nor the panel was a click"


def test_the_threshold_changes_verdicts(window: Window) -> None:
    window.type_number("Threshold", "0")
    window.wait_for("all anomalous", lambda: window.says("4 of 4 queries anomalous"))
    assert all("anomalous" in entry for entry in _options(window, "Query"))
    window.page.keyboard.press("Escape")


def test_nobody_complains(window: Window) -> None:
    """Last: of all that the others did."""
    ours = [said for said in window.complaints if not any(known in said for known in NOT_OURS)]
    assert not ours, ours
    assert "Traceback" not in window.log.read_text()


def _photo_and_defect(
    window: Window, scored: tuple[Path, Path], rows: list[dict[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """The most anomalous photo and where it differs; the viewer shows the reference from its pose."""
    name = rows[0]["file_path"]
    photo, reference = photo_of(scored, name), reference_of(scored, name)
    window.choose("Output type", "rgb")  # whatever another test has left there
    window.page.get_by_role("button", name="To its pose").click()
    _looks_like(window, "the pose", reference)
    scores = read_map(scored[1] / "maps" / Path(name).with_suffix(".tiff"))
    return photo, scores > 2 * float(rows[0]["threshold"])  # from there on it is drawn in full colour


def _options(window: Window, label: str) -> list[str]:
    """Open a dropdown and read it."""
    window.page.get_by_label(label, exact=True).click()
    shown = window.page.get_by_role("option")
    shown.first.wait_for()
    return [text for text in shown.all_inner_texts() if text]


def _looks_like(window: Window, what: str, image: np.ndarray) -> None:
    window.wait_for(what, lambda: bool(np.abs(window.picture() - image).mean() < 10))
