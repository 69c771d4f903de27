"""The one way every command starts and ends."""

import sys
import warnings
from typing import Protocol, TypeVar, runtime_checkable

import tyro

from pad_nerfstudio.errors import UserError


@runtime_checkable
class Command(Protocol):
    """A dataclass of options that knows how to run."""

    def main(self) -> None:
        """Run the command."""


CommandT = TypeVar("CommandT", bound=Command)


def run(command: type[CommandT], description: str) -> None:
    """Parse the command line into `command` and run it.

    A `UserError` becomes one line on stderr and exit code 2; Ctrl-C exits with 130, as shells expect.
    """
    # Nerfstudio and what it imports warn on every start; none of it is for the user to act on
    for category in (FutureWarning, UserWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    options = tyro.cli(command, description=description)
    try:
        options.main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted: what is finished is kept, the same command goes on from there", file=sys.stderr)
        sys.exit(130)
