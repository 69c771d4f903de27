"""Where a viewer learns of the results of the run it has opened."""

import sys
from pathlib import Path
from typing import Any

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.viewing.pointer import read_pointer


def attach(viewer: Any) -> None:
    """Show the last scoring of a run in Nerfstudio's viewer; nothing happens where there is none, or the run trains.

    Args:
        viewer: Nerfstudio's `Viewer`, not yet ready
    """
    if viewer.trainer is not None:
        return
    run_folder = Path(viewer.log_filename).absolute().parent
    try:
        pointer = read_pointer(run_folder)
        if pointer is not None:
            from pad_nerfstudio.viewing.scored_viewer import ScoredViewer

            ScoredViewer(viewer, run_folder, pointer)
    except UserError as error:
        print(f"no scores are shown: {error}", file=sys.stderr)
