"""Drawing a defect that a camera sees, and its exact mask from any camera. Needs a `BrickScene`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bricks import defects
from bricks.palette import srgb
from bricks.settings import Settings

if TYPE_CHECKING:  # needs bpy
    from bricks.blender_scene import BrickScene

Array = NDArray[np.float64]
DRAWS_A_POSE = 25


@dataclass(frozen=True)
class Drawn:
    """A defect of one toy."""

    applied: Callable[[], AbstractContextManager[None]]
    """Puts it on the toy for the time of a `with`."""
    mask_from: Callable[[Array], NDArray[np.bool_]]
    """Its mask [H, W] from a camera-to-world pose [4, 4], the toy being complete and clean."""
    record: dict[str, Any]
    """What it is."""


def draw_defect(
    scene: BrickScene, settings: Settings, rng: np.random.Generator, pose: Array, kind: str
) -> Drawn | None:
    """A defect that shows enough from a pose; None where none was found."""
    draw = _draw_missing if kind == "Missing" else _draw_added
    return draw(scene, settings, rng, pose, kind)


def _draw_missing(
    scene: BrickScene, settings: Settings, rng: np.random.Generator, pose: Array, kind: str
) -> Drawn | None:
    parts = scene.toy.parts
    pixels = np.bincount(scene.indices(pose).ravel(), minlength=len(parts) + 1)
    most = settings.max_missing_share * pixels[1:].sum()
    choices = [i for i, part in enumerate(parts) if not part.core and settings.fewest_pixels <= pixels[i + 1] <= most]
    if not choices:
        return None
    part = int(rng.choice(choices))
    record = {"kind": kind, "part": parts[part].name}
    return Drawn(lambda: scene.without(part), lambda pose: scene.indices(pose) == part + 1, record)


def _draw_added(
    scene: BrickScene, settings: Settings, rng: np.random.Generator, pose: Array, kind: str
) -> Drawn | None:
    for _ in range(DRAWS_A_POSE):
        hit = _visible_point(scene, settings, rng, pose)
        surface = _draw_surface(scene, settings, rng, hit, kind) if hit else None
        if hit is None or surface is None:
            continue
        drawn = _added(scene, surface, hit, kind)
        if drawn.mask_from(pose).sum() >= settings.fewest_pixels:
            return drawn
    return None


def _added(scene: BrickScene, surface: defects.Surface, hit: defects.Hit, kind: str) -> Drawn:
    part = scene.toy.parts[hit.part]
    record = {"kind": kind, "part": part.name, "point": hit.point.tolist()}
    if surface.colour is not None:
        record |= {"contrast": round(float(np.abs(surface.colour - srgb(part.colour)).max()), 3)}

    def mask_from(pose: Array) -> NDArray[np.bool_]:
        with scene.added(surface):
            return scene.shows_added(pose)

    return Drawn(lambda: scene.added(surface), mask_from, record)


def _draw_surface(
    scene: BrickScene, settings: Settings, rng: np.random.Generator, hit: defects.Hit, kind: str
) -> defects.Surface | None:
    if kind == "Burrs":
        return defects.draw_burr(rng, hit, settings.burr_size)
    return defects.draw_stain(rng, hit, settings.stain_size, scene.cast, srgb(scene.toy.parts[hit.part].colour))


def _visible_point(scene: BrickScene, settings: Settings, rng: np.random.Generator, pose: Array) -> defects.Hit | None:
    """What a random ray of the camera hits."""
    for _ in range(500):
        x, y = rng.uniform(-1, 1, 2) * np.tan(settings.camera_angle_x / 2)
        direction = pose[:3, :3] @ np.array([x, y, -1.0])
        hit = scene.cast(pose[:3, 3], direction / np.linalg.norm(direction))
        if hit:
            return hit
    return None
