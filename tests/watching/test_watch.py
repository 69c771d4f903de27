"""The loop, with a detector that knows the answer at once."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.outputs import OutputFolder
from pad_nerfstudio.commands.watch_photos import Lines
from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.detector import Detector, Result
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.watching.journal import Journal
from pad_nerfstudio.watching.signals import stopped_by_signals
from pad_nerfstudio.watching.tally import Tally
from pad_nerfstudio.watching.watch import Rhythm, Watch


class BrightnessDetector(Detector):
    """Scores a photo by its mean colour; black ones break it."""

    def __init__(self, root: Path) -> None:
        self.field = SimpleNamespace(data_root=root, device=torch.device("cuda"))  # one photo at a time
        self.calibrated: Any = SimpleNamespace(calibration=Calibration(np.array([0.5]), 0.5))
        self.scored: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def read(self, image: Any, intrinsics: Any = None) -> tuple[torch.Tensor, Pinhole]:
        pixels = torch.tensor(read_image(Path(image))).float() / 255
        return pixels, Pinhole.from_angle_x(0.691, 8, 8)

    def score_query(self, query: torch.Tensor, camera: Pinhole) -> Result:
        score = float(query.mean())
        if score == 0:
            raise RuntimeError("a black\nphoto")
        self.scored.append(score)
        self.meanwhile()
        pixels = np.zeros((8, 8, 3), np.uint8)
        box, anomaly_map = (0, 8, 0, 8), np.zeros((8, 8), np.float32)
        return Result(np.eye(4), camera, True, 0.1, anomaly_map, score, 0.5, 0.5, score > 0.5, pixels, pixels, box, 0.1)


class Line:
    """A watched folder with everything that belongs to it."""

    def __init__(self, root: Path) -> None:
        self.folder, self.output = root / "in", OutputFolder(root / "out")
        self.folder.mkdir()
        self.detector, self.said, self.tallies = BrightnessDetector(root), list[Mapping[str, Any]](), list[Tally]()

    def photo(self, name: str, brightness: int) -> Path:
        path = self.folder / name
        Image.new("RGB", (8, 8), (brightness,) * 3).save(path)
        return path

    def watch(self, until: Callable[[], bool], patience: float = 60.0, announce: Any = None) -> None:
        """Watch until something is so, as a process of its own would."""
        stop, deadline = threading.Event(), time.monotonic() + 20

        def supervise() -> None:
            while not until() and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(0.05)
            stop.set()

        thread = threading.Thread(target=supervise)
        with Journal(self.output.root / ".records" / "watch.jsonl", "x") as journal:
            said, rhythm = announce or self.said.append, Rhythm(0.01, patience)
            thread.start()
            try:
                Watch(self.folder, self.detector, self.output, journal, said, self.tallies.append, rhythm).run(stop)
            finally:
                deadline = 0.0  # also where the watch ended by itself
                thread.join()

    def says(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.said) >= count


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_restart_scores_only_what_is_new(line: Line) -> None:
    paths = [line.photo("10.png", 200), line.photo("2.png", 20)]
    line.watch(line.says(2))
    assert [value["path"] for value in line.said] == [str(paths[1]), str(paths[0])]
    assert [value["is_anomalous"] for value in line.said] == [False, True]
    assert (line.output.root / "maps" / "in" / "2.tiff").is_file()
    line.photo("3.png", 30)
    line.watch(line.says(3))
    assert len(line.detector.scored) == len(line.said) == 3
    assert (line.tallies[-1].normal, line.tallies[-1].anomalous) == (2, 1)
    assert len((line.output.root / "scores.csv").read_text().splitlines()) == 4


def test_an_overwritten_photo_is_a_new_one(line: Line) -> None:
    line.photo("a.png", 20)
    line.watch(line.says(1))
    line.photo("a.png", 200)
    line.watch(line.says(2))
    assert [value["is_anomalous"] for value in line.said] == [False, True]
    assert (line.tallies[-1].normal, line.tallies[-1].anomalous) == (0, 1)
    assert len((line.output.root / "scores.csv").read_text().splitlines()) == 2


def test_what_was_seen_of_a_photo_that_changed_meanwhile_does_not_count(line: Line) -> None:
    line.photo("a.png", 20)

    def overwrite() -> None:
        line.detector.meanwhile = lambda: None
        line.photo("a.png", 222)

    line.detector.meanwhile = overwrite
    line.watch(line.says(1))
    assert len(line.said) == 1 and line.said[0]["is_anomalous"] and len(line.detector.scored) == 2


def test_a_broken_photo_fails_once_and_has_another_chance_when_it_changes(line: Line) -> None:
    path = line.folder / "a.png"
    path.write_bytes(b"half a photo")
    line.watch(line.says(1), patience=0.1)
    line.watch(lambda: True, patience=0.0)
    assert line.said == [
        {"path": str(path), "error": f"{path}: broken, truncated or no image at all (of no known format)"}
    ]
    line.photo("a.png", 20)
    line.watch(line.says(2))
    assert line.said[1]["is_anomalous"] is False and line.tallies[-1].failed == 0


def test_a_broken_photo_is_waited_for(line: Line) -> None:
    path = line.photo("a.png", 20)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    threading.Timer(0.3, path.write_bytes, [whole]).start()
    line.watch(line.says(1))
    assert "error" not in line.said[0] and len(line.said) == 1


def test_a_photo_that_breaks_the_detector_ends_nothing(line: Line) -> None:
    path = line.photo("a.png", 0)
    line.photo("b.png", 20)
    line.watch(line.says(2))
    assert line.said[0]["error"] == f"{path}: scoring failed (RuntimeError: a black photo)"
    assert line.said[1]["is_anomalous"] is False


def test_what_is_not_the_photos_fault_ends_the_watch_and_costs_nothing(line: Line) -> None:
    line.photo("a.png", 20)

    def fail() -> None:
        raise UserError("train/good/0.png: no such image")

    line.detector.meanwhile = fail
    with pytest.raises(UserError, match="train/good/0.png"):
        line.watch(line.says(1))
    line.detector.meanwhile = lambda: None
    line.watch(line.says(1))
    assert "error" not in line.said[0]


def test_a_record_without_a_line_is_announced_after_the_restart(line: Line) -> None:
    line.photo("a.png", 20)

    def killed(value: Mapping[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        line.watch(lambda: False, announce=killed)
    (line.output.root / "scores.csv").unlink()
    line.watch(line.says(1))
    line.watch(lambda: True)
    assert len(line.said) == len(line.detector.scored) == 1
    assert len((line.output.root / "scores.csv").read_text().splitlines()) == 2


def test_the_first_signal_asks_and_the_second_insists() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        with stopped_by_signals() as stop:
            os.kill(os.getpid(), number)
            assert stop.wait(5)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
                time.sleep(5)
        assert signal.getsignal(number) is before


def test_nobody_reads_any_more() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        with pytest.raises(UserError, match="stdout: closed by what read it"):
            Lines(stream)({"path": "a"})
        stream.write("goes nowhere")
