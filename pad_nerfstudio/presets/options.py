"""The long options of a command, read off its dataclass, and values for them."""

import contextlib
import io
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import tyro

Options = Mapping[str, Any]
"""Name of a long option without its dashes (`inversion.steps`) -> the type it is annotated with."""


def options_of(options: Any, left_out: Sequence[str] = ()) -> Options:
    """All long options that tyro makes of a dataclass of options, nested ones included.

    Args:
        options: a dataclass, or an instance of one; what an instance holds decides the types below it
        left_out: options to leave out, with everything below them
    """
    return {name: kind for name, kind in _walk(options, "") if not _is_below(name, left_out)}


def _walk(options: Any, prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if isinstance(options, Mapping):
        members = [(str(key), Any, value) for key, value in options.items()]
    else:
        hints = get_type_hints(options if isinstance(options, type) else type(options), include_extras=True)
        members = [(f.name, hints[f.name], getattr(options, f.name, None)) for f in fields(options) if f.init]
    for name, kind, value in members:
        long_name = prefix + name.replace("_", "-")
        annotations: list[Any] = []
        if get_origin(kind) is Annotated:
            kind, *annotations = get_args(kind)
        nested = value if _is_nested(value) else kind
        if _is_nested(nested):
            unnamed = any(getattr(annotation, "name", None) == "" for annotation in annotations)
            found += _walk(nested, prefix if unnamed else f"{long_name}.")
        else:
            found.append((long_name, kind))
    return found


def _is_nested(value: Any) -> bool:
    return is_dataclass(value) or (isinstance(value, Mapping) and any(map(_is_nested, value.values())))


def _is_below(name: str, tops: Sequence[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def as_arguments(name: str, kind: Any, value: Any, paired_flags: bool = True) -> list[str] | None:
    """One option as a command line has it; None where `value` is no value of its type.

    Args:
        name: long option without dashes
        kind: its type, see `options_of`
        value: as YAML has it: a string, number, truth value, None, or a list of those
        paired_flags: truth values are spelt `--x` and `--no-x`, as our commands have it; else `--x True`, as ns-train
    """
    if kind is bool:
        if not isinstance(value, bool):
            return None
        return [f"--{name}" if value else f"--no-{name}"] if paired_flags else [f"--{name}", str(value)]
    words = [str(word) for word in value] if isinstance(value, list | tuple) else [str(value)]
    return [f"--{name}", *words] if _parses(kind, words) else None


def _parses(kind: Any, words: Sequence[str]) -> bool:
    """Whether tyro understands the words as a value of a type: the command itself is the judge."""
    if kind is Any:
        return True
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            tyro.cli(kind, args=list(words), console_outputs=False)
        except SystemExit:
            return False
    return True


def allowed_values(kind: Any) -> str:
    """What an option of a type may be, in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(str, inner))
    if origin in (Union, types.UnionType):
        return " or ".join(allowed_values(member) for member in inner)
    if origin is tuple:
        return f"a list ({', '.join('...' if member is ... else allowed_values(member) for member in inner)})"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}
    return "null" if kind in (None, type(None)) else names.get(kind, getattr(kind, "__name__", str(kind)))
