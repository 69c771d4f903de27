"""Estimated poses judged against true ones."""

import json
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.pose_metrics import summarise
from pad_nerfstudio.localization.se3 import pose_error


def frames_of(path: Path) -> dict[str, dict[str, Any]]:
    """The frames of a `poses.json` or `true_poses.json` by file_path.

    Raises:
        UserError: there are none in it
    """
    try:
        frames = json.loads(path.read_text(encoding="utf-8"))["frames"]
        return {frame["file_path"]: frame for frame in frames}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: holds no poses ({error}); give a poses.json") from error


def error_of(found: dict[str, Any], truth: dict[str, Any]) -> tuple[float, float]:
    """Angle in degrees and distance of the centres, in world units, between the poses of two frames."""
    return pose_error(*(torch.tensor(frame["transform_matrix"], dtype=torch.float64) for frame in (found, truth)))


def pose_figures(poses: Path, true_poses: Path) -> dict[str, float]:
    """The figures of `PoseSummary` over all photos whose pose is known, how many converged, and seconds a photo.

    Raises:
        UserError: a file holds no poses, or they share no photo
    """
    found, truth = frames_of(poses), frames_of(true_poses)
    known = [name for name in found if name in truth]
    if not known:
        raise UserError(f"{true_poses}: has no pose of any photo in {poses}; give those of the same class")
    degrees, distances = zip(*(error_of(found[name], truth[name]) for name in known), strict=True)
    converged = sum(bool(found[name]["converged"]) for name in known)
    seconds = mean(found[name]["seconds"] for name in known)
    return {**vars(summarise(degrees, distances)), "converged": converged, "seconds_per_query": seconds}
