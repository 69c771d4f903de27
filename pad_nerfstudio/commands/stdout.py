"""stdout that a program reads: nothing but what it asked for, and a sentence where it went away."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from pad_nerfstudio.errors import UserError


@contextmanager
def document_alone(wanted: bool) -> Iterator[Callable[[str], None]]:
    """Where a document is wanted, it has stdout for itself: whatever else is printed meanwhile goes to stderr.

    Args:
        wanted: whether a program reads stdout; if not, nothing changes

    Yields:
        what writes the document to stdout
    """
    stream = sys.stdout

    def write(document: str) -> None:
        remedy = "the files in --output-dir are complete, give the same command again for this one"
        written(stream, document, remedy)

    if not wanted:
        yield write
        return
    with redirect_stdout(sys.stderr):
        yield write


def written(stream: Any, text: str, remedy: str) -> None:
    """Write a text to a text stream and see it off.

    Raises:
        UserError: nobody reads any more; says `remedy`
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError as error:
        # What is left in the buffer must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise UserError(f"stdout: closed by what read it; {remedy}") from error
