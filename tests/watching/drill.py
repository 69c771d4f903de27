"""A day at the line in a minute: bursts of photos, slow writers, a kill in the midst, a restart, Ctrl-C.

By hand, with as many photos as wanted: python -m tests.watching.drill CONFIG FOLDER 200
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

CODE = "import sys; from pad_nerfstudio.commands.score import entrypoint; sys.argv[0] = 'ns-pad-score'; entrypoint()"
QUICK = "localize: {rendered-views: 0, hypotheses: 2, more-hypotheses: 2, finest-size: 64}\n"
LIMIT = 280.0
"""Seconds after which something hangs."""


@dataclass(frozen=True)
class Drilled:
    """What was left behind."""

    killed_lines: list[str]
    """What the process that was killed had announced."""
    lines: list[str]
    """What the one after it announced."""
    journal: list[dict]
    """Every entry of the journal, as it lies on the disk."""
    at_kill: int
    """How many of them were there right after the kill."""
    code: int
    """The exit code after Ctrl-C."""
    err: str
    """What the second process said on stderr."""
    seconds: float
    """From the restart's readiness to the last entry."""


def start(config: Path, folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Begin to watch `folder / "in"`; stdout and stderr go to files of that name."""
    (folder / "quick.yaml").write_text(QUICK)
    arguments = ["--load-config", config, "--watch", folder / "in", "--output-dir", folder / "out"]
    rhythm = ["--preset", folder / "quick.yaml", "--watch-interval", "0.1", "--watch-patience", "4"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "300"}
    with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        command = [sys.executable, "-c", CODE, *map(str, [*arguments, *rhythm])]
        return subprocess.Popen(command, stdout=out, stderr=err, env=environment)


def drop(photo: Path, target: Path, slowly: bool) -> None:
    """Copy a photo, at once or in two halves with a pause that several looks fall into."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not slowly:
        shutil.copyfile(photo, target)
        return
    data = photo.read_bytes()
    with target.open("wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        time.sleep(0.6)
        file.write(data[len(data) // 2 :])


def drop_all(photos: Sequence[Path], names: Sequence[str], folder: Path) -> None:
    """A burst: names ending in `s` are written slowly, all at the same time."""
    threads = [
        threading.Thread(target=drop, args=[photos[i % len(photos)], folder / f"{name}.png", name.endswith("s")])
        for i, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def entries(folder: Path) -> list[dict]:
    """What the journal holds of photos; half a line at its end is none."""
    path = folder / "out" / ".records" / "watch.jsonl"
    whole = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return [value for value in map(json.loads, whole) if "line" in value]


def wait_for(count: int, folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the journal has so many entries."""
    deadline = time.monotonic() + LIMIT
    while len(entries(folder)) < count:
        assert process.poll() is None, (folder / "second.err").read_text() + (folder / "first.err").read_text()
        assert time.monotonic() < deadline, f"{len(entries(folder))} of {count} photos after {LIMIT} s"
        time.sleep(0.02)


def drill(config: Path, photos: Sequence[Path], folder: Path, count: int) -> Drilled:
    """Three bursts of `count` photos in all, and one broken file; a kill during the first, Ctrl-C after the last."""
    watched = folder / "in"
    watched.mkdir(parents=True)
    names = [f"{'line 2/' if i % 5 == 0 else ''}{i}{'s' if i % 4 == 1 else ''}" for i in range(count)]
    third = count // 3
    first = start(config, folder, "first")
    drop_all(photos, names[:third], watched)
    wait_for(max(1, third // 2), folder, first)
    first.send_signal(signal.SIGKILL)
    first.wait()
    at_kill = len(entries(folder))
    drop_all(photos, names[third : 2 * third], watched)
    (watched / "broken.png").write_bytes(photos[0].read_bytes()[:200])
    second = start(config, folder, "second")
    try:
        wait_for(at_kill + 1, folder, second)
        began = time.monotonic()
        drop_all(photos, names[2 * third :], watched)
        wait_for(count + 1, folder, second)
        seconds = time.monotonic() - began
        time.sleep(0.5)  # whatever would be scored twice has its chance
        second.send_signal(signal.SIGINT)
        code = second.wait(60)
    finally:
        second.kill()
    said = [(folder / f"{name}.out").read_text().splitlines() for name in ("first", "second")]
    return Drilled(*said, entries(folder), at_kill, code, (folder / "second.err").read_text(), seconds)


def check(drilled: Drilled, folder: Path, count: int) -> None:
    """Every photo exactly once, nothing unsaid, nothing else on stdout."""
    paths = sorted(entry["path"] for entry in drilled.journal)
    assert paths == sorted(map(str, (folder / "in").rglob("*.png"))) and len(paths) == count + 1
    assert 1 <= drilled.at_kill < count
    lines = [*drilled.killed_lines, *drilled.lines]
    repeated = set(drilled.killed_lines) & set(drilled.lines)
    assert len(repeated) <= 1 and len(lines) == count + 1 + len(repeated)
    assert repeated <= {drilled.killed_lines[-1]} if repeated else True
    said = {value["path"]: value for value in map(json.loads, lines)}
    assert [said[entry["path"]] for entry in drilled.journal] == [entry["line"] for entry in drilled.journal]
    assert set(said) == set(paths)
    broken = said.pop(str(folder / "in" / "broken.png"))
    assert set(broken) == {"path", "error"} and "broken, truncated" in broken["error"]
    for path, value in said.items():
        assert set(value) == {"path", "score", "p_value", "is_anomalous", "pose", "converged", "seconds"}
        assert [len(row) for row in value["pose"]] == [4, 4, 4, 4]
        for kind, suffix in (("maps", ".tiff"), ("references", ".png"), ("overlays", ".png")):
            assert (folder / "out" / kind).joinpath(*Path(path).parts[1:]).with_suffix(suffix).is_file()
    same: dict[bytes, list[float]] = {}
    for path, value in said.items():
        pixels = Image.open(path).tobytes()
        same.setdefault(pixels, []).append(value["score"])
    assert all(max(scores) - min(scores) <= 1e-3 * max(scores) for scores in same.values()), same
    assert len((folder / "out" / "scores.csv").read_text().splitlines()) == count + 1
    verdicts = [value["is_anomalous"] for value in said.values()]
    *_, summary, output, next_step, command = drilled.err.splitlines()
    counts = f"{verdicts.count(False)} normal, {verdicts.count(True)} anomalous, 1 failed"
    assert summary.startswith(f"ended; {count + 1} photos: {counts}"), drilled.err
    assert (output, next_step) == (str(folder / "out"), "next, to go on:")
    assert drilled.code == 0 and command.startswith("ns-pad-score --load-config ") and "--watch" in command


def main() -> None:
    """Drill with as many photos as the command line says, and print figures."""
    config, folder, count = Path(sys.argv[1]), Path(sys.argv[2]).absolute(), int(sys.argv[3])
    photos = sorted((config.absolute().parents[3] / "cube" / "test").rglob("*.png"))
    drilled = drill(config, photos, folder, count)
    check(drilled, folder, count)
    after = count + 1 - drilled.at_kill
    print(f"{count} photos and a broken one, killed after {drilled.at_kill}: each scored exactly once")
    print(f"lines before the kill {len(drilled.killed_lines)}, after it {len(drilled.lines)}")
    print(f"after the restart {after} in {drilled.seconds:.1f} s, exit code {drilled.code}")
    print(drilled.err[drilled.err.index("ended;") :])


if __name__ == "__main__":
    main()
