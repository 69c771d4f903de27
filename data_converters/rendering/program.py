"""What the two programs do alike: progress bar, exit codes, the sentence where Blender is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from rendering.errors import UserError

NO_BPY = 'the Python package bpy (Blender) is not installed: pip install "pad-nerfstudio[render]"'


def progress_bar() -> Progress:
    """A bar on standard error that counts and names what is done (the field `image`)."""
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TextColumn("{task.fields[image]}"))
    return Progress(*columns, console=Console(stderr=True))


def run_program(work: Callable[[], None]) -> int:
    """Exit code 0, 2 for a mistake the user can put right, 130 when interrupted."""
    try:
        work()
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 0
