"""Which options of `ns-pad-score` go together with `--watch`."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.option_ranges import Range, check_ranges
from pad_nerfstudio.reporting.format import Format


@runtime_checkable
class WatchChoice(Protocol):
    """The options that decide what is scored."""

    watch: Path | None
    """The folder in which photos arrive."""
    watch_interval: float
    """Seconds between two looks."""
    watch_patience: float
    """Seconds until a broken photo counts as failed."""
    output_dir: Path
    """Where files go."""
    poses: Path | None
    """Poses of photos that are there already."""
    queries: tuple[Path, ...]
    """Photos that are there already."""
    scenes: tuple[Path, ...]
    """Scene folders."""
    part_id: str | None
    """Name of the part that all photos show."""
    format: Format
    """What stdout says at the end."""


def watched_folder(options: WatchChoice) -> Path | None:
    """The absolute path of the folder to watch; None where none is.

    Raises:
        UserError: there is no such folder, what is written would be taken for photos, or an option does not go with it
    """
    if options.watch is None:
        return None
    for name in ("queries", "poses", "scenes"):
        if getattr(options, name):
            raise UserError(f"--{name}: does not go with --watch, which finds its photos itself; leave one of them out")
    if options.part_id is not None:
        raise UserError("--part-id: does not go with --watch, as a part is fused when all its photos are there")
    if options.format != "text":
        raise UserError("--format: does not go with --watch, whose stdout is a line of JSON a photo; leave it out")
    check_ranges(options, {"watch_interval": Range(0, 3600, exclusive=True), "watch_patience": Range(0)})
    folder, output = (path.expanduser().absolute() for path in (options.watch, options.output_dir))
    if not folder.is_dir():
        raise UserError(f"--watch {folder}: no such folder; make it, or name another")
    if output.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"--output-dir {output}: lies in the watched folder, so that its pictures would count as photos; "
            "give one elsewhere"
        )
    return folder
