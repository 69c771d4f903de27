"""The one way every command starts and ends."""

import errno
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar, runtime_checkable

import tyro

from pad_nerfstudio.errors import UserError, told_in_one_sentence
from pad_nerfstudio.presets.command_line import blamed_on, chosen_preset, preset_arguments


@runtime_checkable
class Command(Protocol):
    """A dataclass of options that knows how to run."""

    def main(self) -> None:
        """Run the command."""


FOREIGN = (
    "dash",
    "gsplat",
    "nerfacc",
    "nerfstudio",
    "open3d",
    "plotly",
    "pytorch_msssim",
    "timm",
    "torch",
    "torch_fidelity",
    "torchmetrics",
    "torchvision",
    "viser",
    "websockets",
)
"""Nerfstudio and what it imports; some of them warn on every start, of nothing that a user can act on."""

CommandT = TypeVar("CommandT", bound=Command)


def run(command: type[CommandT], description: str) -> None:
    """Parse the command line into `command` and run it.

    Where the command has a `preset_section`, `--preset` sets the defaults of its options.
    A `UserError`, and a file that cannot be read or written, becomes one line on stderr and exit code 2; Ctrl-C exits
    with 130, as shells expect.
    """
    silence_foreign_warnings()
    given = sys.argv[1:]
    try:
        with told_in_one_sentence(), _files_at_fault_named():
            preset = chosen_preset(given) if hasattr(command, "preset_section") else None
            defaults = [] if preset is None else preset_arguments(command, preset)
            options = tyro.cli(command, description=description, args=[*defaults, *given])
            with blamed_on(preset, given):
                options.main()
    except KeyboardInterrupt:
        print("interrupted: what is finished is kept, the same command goes on from there", file=sys.stderr)
        sys.exit(130)


def silence_foreign_warnings() -> None:
    """Ignore what the modules of `FOREIGN` warn of among themselves; warnings that this package causes are shown."""
    module = rf"({'|'.join(FOREIGN)})(\.|$)"
    for category in (FutureWarning, UserWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module=module)


@contextmanager
def _files_at_fault_named() -> Iterator[None]:
    """Turn an error of the operating system into a sentence: a full disk, an output folder that is a file, a right."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        where = f"{error.filename}: " if error.filename is not None else ""
        reason = f"cannot be read or written ({error.strerror})"
        raise UserError(f"{where}{reason}; check the path, its permissions and the space left") from error
