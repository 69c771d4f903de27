"""Which photos of a folder are written to their end, told by two looks at it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pad_nerfstudio.data.names import IMAGE_SUFFIXES, natural_key


@dataclass(frozen=True)
class State:
    """What tells one state of a file from another without reading it."""

    size: int
    """In bytes."""
    mtime_ns: int
    """Time of the last change, in nanoseconds."""


@dataclass(frozen=True)
class Sighting:
    """A photo as it was last seen."""

    state: State
    """How it was."""
    since: float
    """When it was first seen so, in seconds of a monotonic clock."""


def state_of(path: Path) -> State | None:
    """The state of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return State(status.st_size, status.st_mtime_ns)


def photos_below(folder: Path) -> dict[Path, State]:
    """The photos in a folder and its subfolders; what is hidden, and links to folders, are left out."""
    found = {}
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(root, name) for name in names if not name.startswith(".")):
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and (state := state_of(path)) is not None:
                found[path] = state
    return found


def sighted(before: Mapping[Path, Sighting], states: Mapping[Path, State], clock: float) -> dict[Path, Sighting]:
    """The second of two looks: a photo whose state is that of the first keeps its sighting, others have a new one."""
    return {
        path: before[path] if path in before and before[path].state == state else Sighting(state, clock)
        for path, state in states.items()
    }


def ready(before: Mapping[Path, Sighting], now: Mapping[Path, Sighting]) -> list[Path]:
    """The photos that both looks saw in the same state, in natural order."""
    unchanged = (path for path, sighting in now.items() if before.get(path) == sighting)
    return sorted(unchanged, key=lambda path: natural_key(path.as_posix()))
