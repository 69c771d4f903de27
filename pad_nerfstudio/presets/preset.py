"""A preset: options of training, localising and scoring in one YAML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.presets.folder import preset_folder
from pad_nerfstudio.presets.options import Options, allowed_values, as_arguments

SECTIONS = ("train", "localize", "score")
"""What a preset may set: options of ns-train, ns-pad-localize and ns-pad-score."""


@dataclass(frozen=True)
class Preset:
    """The content of one file."""

    name: str
    """File name without its suffix."""
    path: Path
    """The file."""
    sections: Mapping[str, Mapping[str, Any]]
    """Section -> long option without dashes -> value; every section is there, perhaps empty."""

    def arguments(self, section: str, options: Options, paired_flags: bool = True) -> list[str]:
        """A section as command-line arguments.

        Args:
            section: one of `SECTIONS`
            options: what the command takes, see `options_of`
            paired_flags: how truth values are spelt, see `as_arguments`

        Raises:
            UserError: the command has no such option, or the value is none for it
        """
        return arguments_of(f"{self.path}: {section}", self.sections[section], options, paired_flags)


def arguments_of(where: str, values: Mapping[str, Any], options: Options, paired_flags: bool = True) -> list[str]:
    """Values by option name as command-line arguments; `where` begins the sentence of an error.

    Raises:
        UserError: there is no such option, or the value is none for it
    """
    arguments: list[str] = []
    for key, value in values.items():
        if key not in options:
            raise UserError(f"{where}: has no option '{key}'; choose from {', '.join(sorted(options))}")
        words = as_arguments(key, options[key], value, paired_flags)
        if words is None:
            shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
            raise UserError(f"{where}: {key} cannot be '{shown}'; give {allowed_values(options[key])}")
        arguments += words
    return arguments


def shipped_presets() -> list[str]:
    """Names of the presets that come with the package."""
    return sorted(path.stem for path in preset_folder().glob("*.yaml"))


def read_preset(name: str) -> Preset:
    """Read a preset.

    Args:
        name: of one of `shipped_presets`, or a YAML file

    Raises:
        UserError: there is none of this name and no such file, or it is no preset
    """
    shipped = preset_folder() / f"{name}.yaml"
    path = shipped if name in shipped_presets() else Path(name).expanduser().absolute()
    if not path.is_file():
        names = ", ".join(shipped_presets())
        raise UserError(f"--preset {name}: no such preset and no such file; choose one of {names}, or give a YAML file")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())}); correct it") from error
    return Preset(path.stem, path, _checked_sections(path, {} if content is None else content))


def _checked_sections(path: Path, content: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(content, dict):
        raise UserError(f"{path}: no preset; give the sections {_listed(SECTIONS)} with options below them")
    unknown = [key for key in content if key not in SECTIONS]
    if unknown:
        raise UserError(f"{path}: has no section '{unknown[0]}'; choose from {_listed(SECTIONS)}")
    sections = {name: content.get(name) or {} for name in SECTIONS}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise UserError(f"{path}: {name} is no list of options; give 'option: value' lines below it")
    return {name: {str(key): value for key, value in section.items()} for name, section in sections.items()}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
