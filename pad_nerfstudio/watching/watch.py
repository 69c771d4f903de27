"""The loop that scores photos as they arrive in a folder."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.outputs import OutputFolder, QueryScore, write_map, write_png, write_scores
from pad_nerfstudio.concurrency import AsFinished, workers_for
from pad_nerfstudio.detector import Detector, Result
from pad_nerfstudio.errors import BadImageError, UserError
from pad_nerfstudio.localization.queries import name_in_class
from pad_nerfstudio.watching.journal import Entry, Journal
from pad_nerfstudio.watching.readiness import Sighting, photos_below, ready, sighted, state_of
from pad_nerfstudio.watching.tally import Tally, tally


@dataclass(frozen=True)
class Rhythm:
    """How often a folder is looked at, and how long a broken photo is waited for."""

    interval: float = 1.0
    """Seconds between two looks."""
    patience: float = 10.0
    """Seconds for which a photo that cannot be read may stay unchanged until it counts as failed."""


@dataclass(frozen=True, eq=False)
class Watch:
    """Scores each photo of a folder once: what is in the journal is finished."""

    folder: Path
    """Where photos arrive, subfolders included; absolute."""
    detector: Detector
    """Judges them."""
    output: OutputFolder
    """Where maps, references, overlays and `scores.csv` go; outside of `folder`."""
    journal: Journal
    """What is finished."""
    announce: Callable[[Mapping[str, Any]], None]
    """Takes what is to be said of a finished photo, as JSON values; returns when it was said."""
    account: Callable[[Tally], None]
    """Takes the counts of all finished photos, whenever some were finished."""
    rhythm: Rhythm = Rhythm()
    """How often to look."""

    def run(self, stop: threading.Event) -> None:
        """Look, score, announce, until `stop` is set; photos that are being worked on then are finished first.

        Raises:
            UserError: a training photo is missing or broken
            OSError: the output folder cannot be written
        """
        self._announce_finished()
        if self.journal.entries:
            self._write_table()  # a kill may have come before it
        before: dict[Path, Sighting] = {}
        while not stop.is_set():
            now = sighted(before, photos_below(self.folder), time.monotonic())
            todo = [path for path in ready(before, now) if not self.journal.has(path, now[path].state)]
            before, count = now, len(self.journal.entries)

            def work(path: Path) -> None:
                if not stop.is_set():
                    self._finish(path, now[path])  # noqa: B023 - all are done before `now` changes

            try:
                for _ in AsFinished(work, todo, workers_for(self.detector.field)):
                    self._announce_finished()
            finally:
                if len(self.journal.entries) > count:
                    self._write_table()
            stop.wait(self.rhythm.interval)

    def _finish(self, path: Path, sighting: Sighting) -> None:
        """Score a photo and put it into the journal, unless it is not whole yet or changes meanwhile."""
        start = time.perf_counter()
        line: dict[str, Any] = {"path": str(path)}
        result, score = None, None
        try:
            query = self.detector.read(path)
        except UserError as error:
            if time.monotonic() - sighting.since < self.rhythm.patience:
                return
            line["error"] = error.fault if isinstance(error, BadImageError) else str(error)
        else:
            try:
                result = self.detector.score_query(*query)
            except (UserError, OSError, MemoryError):
                raise  # not the photo's fault
            except Exception as error:  # a single strange photo must not end a day's work
                line["error"] = f"{path}: scoring failed ({type(error).__name__}: {' '.join(str(error).split())[:160]})"
        if state_of(path) != sighting.state:
            return
        if result is not None:
            score = self._written(path, result, time.perf_counter() - start)
            line |= said_of(result, score.seconds)
        state = sighting.state
        self.journal.append(Entry(str(path), state.size, state.mtime_ns, line, asdict(score) if score else None))

    def _written(self, path: Path, result: Result, seconds: float) -> QueryScore:
        name = name_in_class(path, self.detector.field.data_root)
        write_map(self.output.map_path(name), result.map)
        write_png(self.output.reference_path(name), result.reference)
        write_png(self.output.overlay_path(name), result.overlay)
        return QueryScore(name, str(path), "", None, None, result.score, result.converged, result.box, seconds)

    def _announce_finished(self) -> None:
        """Say what was not said yet, in the order of the journal, and only then note that it was."""
        for entry in self.journal.unannounced:
            self.announce(entry.line)
            self.journal.mark_announced(self.journal.announced + 1)

    def _write_table(self) -> None:
        kept = {entry.path: entry.score for entry in self.journal.entries}
        scores = [QueryScore(**{**score, "box": tuple(score["box"])}) for score in kept.values() if score is not None]
        write_scores(self.output.scores_path, scores, self.detector.calibrated.calibration)
        self.account(tally(self.journal.entries))


def said_of(result: Result, seconds: float) -> dict[str, Any]:
    """What is announced of a scored photo beside its path, as JSON values."""
    return {
        "score": result.score,
        "p_value": result.p_value,
        "is_anomalous": result.is_anomalous,
        "pose": result.pose.tolist(),
        "converged": result.converged,
        "seconds": round(seconds, 3),
    }
