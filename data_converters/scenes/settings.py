"""The options of `render_scenes.py`; the text under each field is its help."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rendering.errors import UserError

from scenes.anomalies import ANOMALIES


@dataclass(frozen=True)
class Settings:
    """Render scenes of several instances of one object, some with an anomaly, in the layout of ToysAD-8K."""

    meshes: Path | None = None
    """Folder of GLB files; each scene shows instances of one of them."""
    random_meshes: int = 0
    """So many objects grown at random, beside the meshes of the folder or in their place, to learn from many shapes."""
    output: Path = Path("data/scenes")
    """The scene folders `scene_00000`, `scene_00001`, ... are made in this folder."""
    scenes: int = 20
    """How many scenes."""
    first: int = 0
    """Number of the first scene; a scene depends on its number and the seed, not on the scenes before it."""
    views: int = 20
    """Pictures of each scene, on a closed way around it."""
    image_size: int = 256
    """Width and height of the pictures in pixels."""
    samples: int = 4
    """Cycles samples a pixel, before the OpenImageDenoise denoiser."""
    threads: int = 0
    """Threads of the renderer; 0 takes all cores."""
    min_objects: int = 3
    """Fewest instances in a scene."""
    max_objects: int = 6
    """Most instances in a scene, up to 12."""
    seed: int = 0
    """Seed of everything that is drawn."""
    anomalies: tuple[str, ...] = tuple(ANOMALIES)
    """Kinds of anomaly to draw from."""
    normal_scenes: float = 0.2
    """Share of the scenes in which nothing is wrong."""
    min_anomaly_pixels: float = 30.0
    """Fewest visible pixels of an anomaly in its best view of 256x256; scaled with the image's area."""
    only_meshes: tuple[str, ...] = ()
    """Names of the meshes of the folder to use (the file names without suffix); none means all."""

    @property
    def fewest_pixels(self) -> float:
        """`min_anomaly_pixels` at this image size."""
        return self.min_anomaly_pixels * (self.image_size / 256) ** 2


NOT_IN_THE_PICTURES = ("output", "scenes", "first", "threads")
"""Options that may differ when a run is resumed."""
LIMITS = {
    "scenes": (0, 1_000_000), "first": (0, 1_000_000), "views": (1, 1000), "image_size": (16, 4096),
    "samples": (1, 4096), "threads": (0, 1024), "min_objects": (1, 12), "max_objects": (1, 12), "seed": (0, 2**31),
    "random_meshes": (0, 100_000), "normal_scenes": (0, 1), "min_anomaly_pixels": (0, 1e6),
}  # fmt: skip


def option(field: str) -> str:
    """The command-line name of a field of `Settings`."""
    return "--" + field.replace("_", "-")


def check(settings: Settings) -> None:
    """Refuse what cannot work, naming the option."""
    if settings.meshes is None and (settings.random_meshes == 0 or settings.only_meshes):
        raise UserError("no --meshes was given: give a folder of GLB files, or --random-meshes 100")
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(settings, name) <= most:
            raise UserError(f"{option(name)} is {getattr(settings, name)}: it must lie between {least} and {most}")
    if settings.min_objects > settings.max_objects:
        raise UserError(
            f"--min-objects {settings.min_objects} is more than --max-objects {settings.max_objects}: lower it"
        )
    if not settings.anomalies:
        raise UserError("--anomalies names none: give some, or --normal-scenes 1")
    for name in settings.anomalies:
        if name not in ANOMALIES:
            raise UserError(f"--anomalies {name} is unknown: choose from {', '.join(ANOMALIES)}")


def recorded(settings: Settings) -> dict[str, Any]:
    """The options as they stand in `render_settings.json`."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(settings).items()}
    meshes = None if settings.meshes is None else str(settings.meshes.resolve())
    return values | {"meshes": meshes, "output": str(settings.output.resolve())}


def check_resumable(settings: Settings, before: dict[str, Any], path: Path) -> None:
    """Scenes of two different settings must not mix in one folder."""
    now = recorded(settings)
    for field in fields(Settings):
        if field.name not in NOT_IN_THE_PICTURES and before.get(field.name, field.default) != now[field.name]:
            raise UserError(
                f"{path} says that the scenes there have {option(field.name)} {before.get(field.name)}, "
                f"not {now[field.name]}: give that value, or another --output"
            )
