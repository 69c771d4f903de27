"""The `train` section of a preset: a Nerfstudio method, its options, and those of the `mad-data` dataparser."""

from collections.abc import Mapping
from typing import Any

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.presets.options import options_of
from pad_nerfstudio.presets.preset import Preset, arguments_of

METHOD, DATAPARSER = "method", "mad-data"
"""Keys of the section that are no options of the method."""
SUBCOMMAND = "pipeline.datamanager.dataparser"
"""Options that ns-train takes after the name of a dataparser."""


def training_method(preset: Preset) -> str:
    """The Nerfstudio method that a preset trains; `pad-nerf` where it names none."""
    return str(preset.sections["train"].get(METHOD, "pad-nerf"))


def training_arguments(preset: Preset) -> tuple[list[str], list[str]]:
    """What ns-train gets after the method's name, and what it gets after `mad-data`.

    Raises:
        UserError: Nerfstudio has no such method, or it has no such option, or the value is none for it
    """
    from nerfstudio.configs.method_configs import all_methods

    section, method = dict(preset.sections["train"]), training_method(preset)
    if method not in all_methods:
        raise UserError(f"{preset.path}: train: there is no method '{method}'; choose from {', '.join(all_methods)}")
    section.pop(METHOD, None)
    parser = section.pop(DATAPARSER, None) or {}
    if not isinstance(parser, dict):
        raise UserError(
            f"{preset.path}: train: {DATAPARSER} is no list of options; give 'option: value' lines below it"
        )
    options = options_of(all_methods[method], left_out=(SUBCOMMAND,))
    method_arguments = arguments_of(f"{preset.path}: train", section, options, paired_flags=False)
    return method_arguments, dataparser_arguments(preset, parser)


def dataparser_arguments(preset: Preset, options: Mapping[str, Any]) -> list[str]:
    """Options of the `mad-data` dataparser as ns-train gets them.

    Raises:
        UserError: it has no such option, or the value is none for it; the sentence names the file of `preset`
    """
    from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig

    known = options_of(MadDataParserConfig(), left_out=("data",))
    return arguments_of(f"{preset.path}: train: {DATAPARSER}", options, known, paired_flags=False)
