"""What a user's input can cause, and how it is told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something the user can mend: one sentence that names the file or option and the remedy.

    Commands print it on stderr without a traceback and exit with code 2.
    """


class BadImageError(UserError):
    """A file that is no whole image."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"{fault}; {remedy}")
        self.fault = fault
        """What is wrong with which file, without the remedy, which differs from command to command."""


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """Turn a `UserError` into its sentence on stderr and exit code 2.

    Raises:
        SystemExit: there was a `UserError`
    """
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
