"""The record of what a watch has finished, which survives a kill at any moment."""

import errno
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.watching.readiness import State


@dataclass(frozen=True)
class Entry:
    """One finished photo."""

    path: str
    """Absolute path of the photo."""
    size: int
    """Its size in bytes when it was scored."""
    mtime_ns: int
    """The time of its last change then."""
    line: Mapping[str, Any]
    """What is announced of it, as JSON values; has an `error` where it could not be scored."""
    score: Mapping[str, Any] | None = None
    """Its `QueryScore` as JSON values; None where it could not be scored."""


class Journal:
    """An append-only file of JSON lines, each on the disk before the call that writes it returns.

    Its first line holds the fingerprint of whatever decides the scores. A photo counts as finished from the moment at
    which its entry is written; how many entries have been announced is noted after they were, so that an announcement
    can be repeated, but not lost. May be used from several threads.

    Example:
        >>> with Journal(Path("journal.jsonl"), "settings") as journal:
        ...     unheard = journal.unannounced
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Open a journal, or begin one; half a line at its end, which only a kill leaves there, is cut off.

        Raises:
            UserError: it is in use, was begun with other settings, or is damaged before its end
        """
        self.path = path
        self.entries: list[Entry] = []
        self.announced = 0
        self._states: dict[str, State] = {}
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        try:
            self._take()
            self._restore(fingerprint)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def unannounced(self) -> list[Entry]:
        """The finished photos that may not have been announced, oldest first."""
        with self._lock:
            return self.entries[self.announced :]

    def has(self, path: Path, state: State) -> bool:
        """Whether a photo is finished in this state."""
        return self._states.get(str(path)) == state

    def append(self, entry: Entry) -> None:
        """Finish a photo."""
        with self._lock:
            self._write(asdict(entry))
            self._keep(entry)

    def mark_announced(self, count: int) -> None:
        """Note that the first `count` entries have been announced."""
        with self._lock:
            self._write({"announced": count})
            self.announced = count

    def _take(self) -> None:
        """Keep other processes out until this one ends, however it ends; where locks are unknown, they are trusted."""
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            folder = self.path.parent.parent
            raise UserError(f"{folder}: another --watch writes there; end it, or give another --output-dir") from error

    def _restore(self, fingerprint: str) -> None:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        if not lines:
            self._write({"fingerprint": fingerprint})
            return
        for number, line in enumerate(lines, 1):
            try:
                self._read(json.loads(line), fingerprint, first=number == 1)
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(f"{self.path}: line {number} is damaged; give another --output-dir") from error

    def _read(self, value: dict[str, Any], fingerprint: str, first: bool) -> None:
        if first and value["fingerprint"] != fingerprint:
            folder = self.path.parent.parent
            raise UserError(
                f"{folder}: its photos were scored with other options, versions or another field; "
                "give another --output-dir"
            )
        if not first and "announced" in value:
            self.announced = int(value["announced"])
        elif not first:
            self._keep(Entry(**value))

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._states[entry.path] = State(entry.size, entry.mtime_ns)

    def _write(self, value: Mapping[str, Any]) -> None:
        """Add a line; where that fails, as on a full disk, nothing of it stays."""
        line = json.dumps(value, allow_nan=False).encode() + b"\n"
        end = os.fstat(self._file.fileno()).st_size
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)
            raise
