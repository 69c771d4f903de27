"""From the folder of a trained run to the results of its last scoring."""

import json
from dataclasses import dataclass
from pathlib import Path

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_json

NAME = "scored.json"
"""Stands beside config.yml."""
SCHEMA = 1
"""Of the pointer's content; files with another one are not read."""


@dataclass(frozen=True)
class Pointer:
    """Where a scoring run left its results."""

    results: Path
    """Its output folder, absolute."""
    poses: Path
    """The poses.json that it scored by, absolute."""


def write_pointer(run_folder: Path, results: Path, poses: Path | None) -> str | None:
    """Say in a run's folder where its results are, for `ns-viewer`.

    Args:
        run_folder: with the run's config.yml
        results: output folder of the scoring run
        poses: the poses.json of the queries; None for the one in `results`

    Returns:
        a sentence where the folder cannot be written, which is no error
    """
    path = run_folder / NAME
    poses = results / "poses.json" if poses is None else poses.expanduser()
    content = {"schema": SCHEMA, "results": str(results.absolute()), "poses": str(poses.absolute())}
    try:
        write_json(path, content)
    except OSError as error:
        return f"{path}: cannot be written ({error.strerror}); ns-viewer will show the field without its scores"
    return None


def read_pointer(run_folder: Path) -> Pointer | None:
    """Where the results of a run are; None where it was not scored.

    Raises:
        UserError: the file is broken, of another schema, or points nowhere
    """
    path = run_folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema, pointer = content["schema"], Pointer(Path(content["results"]), Path(content["poses"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: not what ns-pad-score leaves there; run ns-pad-score again") from error
    if schema != SCHEMA:
        raise UserError(f"{path}: of another version of ns-pad-score; run it again")
    if not pointer.results.is_dir():
        raise UserError(f"{path}: its folder {pointer.results} is gone; run ns-pad-score again")
    return pointer
