"""One command of a benchmark, and the record that it was run."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pad_nerfstudio.files import write_json

Record = dict[str, Any]
"""What is kept of a job that ended: `fingerprint`, `after`, `ended`, `error` (None, or why it failed), `wall_seconds`,
`peak_gib`."""


@dataclass(frozen=True)
class Job:
    """A command that writes into a folder of its own, perhaps after another job."""

    step: str
    """What is done: `train`, `localize` or `score`; jobs of one step need about the same memory."""
    command: tuple[str, ...]
    """Its command line."""
    folder: Path
    """Absolute; holds its log, its record and what it writes."""
    outputs: tuple[Path, ...]
    """Files without which it is not finished."""
    after: "Job | None" = None
    """The job whose outputs it reads."""

    @cached_property
    def fingerprint(self) -> str:
        """Digest of its command and of those before it."""
        before = None if self.after is None else self.after.fingerprint
        return hashlib.sha256(json.dumps([self.command, before]).encode()).hexdigest()[:24]

    @property
    def log(self) -> Path:
        """What the command printed."""
        return self.folder / f"{self.step}.log"

    @property
    def record_path(self) -> Path:
        """Where its record lies."""
        return self.folder / f"{self.step}.json"

    def record(self) -> Record | None:
        """What is known of its last run with the same settings, be it finished or failed."""
        try:
            record = json.loads(self.record_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("fingerprint") == self.fingerprint else None

    def finished(self) -> Record | None:
        """The record of a run that need not be repeated: same settings, outputs in place, nothing before it redone."""
        record = self.record()
        if record is None or record["error"] is not None or not all(path.is_file() for path in self.outputs):
            return None
        if self.after is None:
            return record
        before = self.after.finished()
        return record if before is not None and before["ended"] == record["after"] else None

    def write_record(self, ended: float, error: str | None, wall_seconds: float, peak_gib: float) -> Record:
        """Keep how a run ended.

        Args:
            ended: seconds since the epoch
            error: why it failed, in one sentence; None where it did not
            wall_seconds: what it took
            peak_gib: largest resident size
        """
        before = None if self.after is None else self.after.finished()
        record = {
            "fingerprint": self.fingerprint,
            "after": None if before is None else before["ended"],
            "ended": ended,
            "error": error,
            "wall_seconds": wall_seconds,
            "peak_gib": peak_gib,
            "command": list(self.command),
        }
        write_json(self.record_path, record)
        return record
