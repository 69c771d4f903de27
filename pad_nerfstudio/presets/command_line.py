"""`--preset`: a preset's options stand before those of the user, who has the last word."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.presets.options import options_of
from pad_nerfstudio.presets.preset import Preset, read_preset


def chosen_preset(arguments: Sequence[str]) -> Preset | None:
    """The preset that a command line names by `--preset NAME`, if any.

    Raises:
        UserError: see `read_preset`
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--preset", nargs="?")
    name = parser.parse_known_args(list(arguments))[0].preset
    return None if name is None else read_preset(name)


def preset_arguments(command: type[Any], preset: Preset) -> list[str]:
    """The section of a preset that is meant for a command, as its command line has it.

    Args:
        command: a dataclass of options with a class variable `preset_section`
        preset: where its defaults come from

    Raises:
        UserError: the command has no such option, or the value is none for it
    """
    return preset.arguments(command.preset_section, options_of(command, left_out=("preset",)))


@contextmanager
def blamed_on(preset: Preset | None, given: Sequence[str]) -> Iterator[None]:
    """Name the preset's file in an error that is about an option which the preset set, and not the user."""
    try:
        yield
    except UserError as error:
        option = str(error).split(" ", 1)[0]
        keys = {key for section in preset.sections.values() for key in section} if preset else set()
        if option.removeprefix("--") in keys and not any(word.split("=")[0] == option for word in given):
            raise UserError(f"{preset.path if preset else ''}: {error}") from error
        raise
