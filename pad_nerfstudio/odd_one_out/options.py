"""Which options of `ns-pad-score` go together: those for photos of one object, and those for scenes."""

from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.methods import (
    TRAINED,
    TRAINING_FREE,
    NamedMethod,
    is_trained_on_scenes,
    trained_method,
    training_free_method,
)


@runtime_checkable
class ScoringChoice(Protocol):
    """The options that decide what is scored by what."""

    load_config: Path | None
    """The run that judges."""
    method: Literal["trained", "training-free"]
    """`trained` for that of `load_config`, or `training-free`."""
    scenes: tuple[Path, ...]
    """Scene folders."""
    split: Path | None
    """A file that says which of the scenes are judged."""
    views: tuple[int, ...]
    """Numbers of views of each scene."""
    poses: Path | None
    """Poses of photos of one object."""
    queries: tuple[Path, ...]
    """Photos of one object."""
    device: Literal["auto", "cpu", "cuda"]
    """Where it is computed."""


def is_about_scenes(options: ScoringChoice) -> bool:
    """Whether scenes are to be judged, and not photos of one object; options that do not go together are refused.

    Raises:
        UserError: there is nothing that judges or nothing to judge, or an option is meant for the other case
    """
    if options.method == TRAINING_FREE:
        if options.load_config is not None:
            raise UserError(f"--method {TRAINING_FREE}: needs no run; leave --load-config out, or --method")
        if not options.scenes:
            raise UserError(f"--method {TRAINING_FREE}: no scene to judge; give scenes or folders of such by --scenes")
    elif options.load_config is None:
        remedy = f"give the config.yml of a run, or --method {TRAINING_FREE} and --scenes"
        raise UserError(f"--load-config: missing, so there is nothing that judges; {remedy}")
    if not options.scenes:
        for name in ("views", "split"):
            if getattr(options, name):
                raise UserError(f"--{name}: of scenes, and there are none; give them by --scenes")
        return False
    for name in ("poses", "queries"):
        if getattr(options, name):
            raise UserError(f"--{name}: of photos of one object, but --scenes are judged; leave one of them out")
    return True


def chosen_method(options: ScoringChoice) -> NamedMethod:
    """The method that judges scenes.

    Raises:
        UserError: an unknown method, or a run that judges no scenes
    """
    if options.method == TRAINING_FREE:
        return training_free_method()
    if options.method != "trained" or options.load_config is None:
        raise UserError(f"--method {options.method}: no such method; give {TRAINING_FREE}, or --load-config of a run")
    return trained_method(options.load_config, options.device)


def field_config(config: Path | None) -> Path:
    """The config.yml of a field, for photos of one object.

    Raises:
        UserError: it is a run of the network that judges scenes
    """
    if config is None:
        raise UserError("--load-config: missing; give the config.yml of the trained field")
    if is_trained_on_scenes(config):
        raise UserError(f"{config}: a run of '{TRAINED}', which judges scenes; give them by --scenes")
    return config
