"""Photos of the good part that training does not see: queries whose camera is known, to try the whole method on."""

from collections.abc import Sequence
from typing import Any

from captures.capture_json import CapturedPhoto
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError

KIND = "good"
"""The folder in `test` that held-out photos go to."""


def spread_evenly(photos: int, held_out: int) -> list[int]:
    """Which of `photos`, in order, to hold out: the middle one of each of `held_out` runs of equal length.

    Example:
        >>> spread_evenly(10, 2)
        [2, 7]

    Raises:
        UserError: fewer than two photos would be left to train on
    """
    if not 0 <= held_out <= photos - 2:
        raise UserError(f"--hold-out is {held_out} of {photos} photos; leave at least two to train on")
    return [(2 * run + 1) * photos // (2 * held_out) for run in range(held_out)]


def divided(photos: Sequence[CapturedPhoto], held_out: int) -> tuple[list[CapturedPhoto], list[CapturedPhoto]]:
    """Those to train on, and those held out, both in order.

    Raises:
        UserError: see `spread_evenly`
    """
    chosen = set(spread_evenly(len(photos), held_out))
    sides: tuple[list[CapturedPhoto], list[CapturedPhoto]] = [], []
    for index, photo in enumerate(photos):
        sides[index in chosen].append(photo)
    return sides


def held_out_names(count: int) -> list[str]:
    """`test/good/N.png`, N from 0."""
    return [f"test/{KIND}/{index}.png" for index in range(count)]


def true_poses(camera: Pinhole, photos: Sequence[CapturedPhoto]) -> dict[str, Any]:
    """The content of `true_poses.json`: camera and pose of the held-out photos, to judge by and for nothing else."""
    frames = [
        {"file_path": name, "transform_matrix": photo.camera_to_world.tolist()}
        for name, photo in zip(held_out_names(len(photos)), photos, strict=True)
    ]
    return {"camera": camera.as_dict(), "frames": frames}
