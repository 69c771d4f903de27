"""Reading the `poses.json` that `ns-pad-localize` writes."""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.transforms_json import check_rigid
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.lighting import UNCHANGED, Light


@dataclass(frozen=True, eq=False)
class EstimatedPose:
    """Where localisation put the camera of one query."""

    camera_to_world: Float[Tensor, "4 4"]
    """OpenGL axes, the data set's world frame and units, float64."""
    camera: Pinhole
    """Intrinsics of the query."""
    converged: bool
    """Whether the pose can be trusted."""
    seconds: float
    """What finding it took."""
    light: Light = UNCHANGED
    """How the query's light differs from that of the training photos."""
    residual: float | None = None
    """How far the query is from the field's rendering at this pose; None where the file does not say."""
    residual_limit: float | None = None
    """The residual up to which a pose counts as converged; None where the file does not say."""
    object_mask: Path | None = None
    """Says which pixels of the query are its object."""


def read_poses(path: Path) -> dict[str, EstimatedPose]:
    """Read the pose and the camera of every query.

    Returns:
        file_path -> pose, in the order of the file

    Raises:
        UserError: no such file, not a poses.json, one without poses, or a matrix that is no pose
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        frames, camera = content["frames"], content["camera"]
        limit = _finite(content.get("residual_limit"))
        poses = {PurePosixPath(frame["file_path"]).as_posix(): _pose(path, frame, camera, limit) for frame in frames}
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; give the poses.json that ns-pad-localize wrote") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise UserError(f"{path}: not the poses.json of ns-pad-localize ({reason}); run that command again") from error
    if not poses:
        raise UserError(f"{path}: holds no pose, its list of frames is empty; run ns-pad-localize again")
    return poses


def _pose(path: Path, frame: dict[str, Any], shared: dict[str, float], limit: float | None) -> EstimatedPose:
    matrix = np.array(frame["transform_matrix"], np.float64)
    fault = check_rigid(matrix) if matrix.ndim == 2 else "is no matrix"
    if fault is not None:
        raise UserError(f"{path}: the matrix of {frame['file_path']} {fault}; run ns-pad-localize again")
    values = {field.name: float({**shared, **frame}[field.name]) for field in fields(Pinhole)}
    focal, size = min(values["fl_x"], values["fl_y"]), min(values["w"], values["h"])
    if not (all(map(math.isfinite, values.values())) and focal > 0 and size >= 1):
        raise ValueError(f"the intrinsics of {frame['file_path']} describe no camera")
    w, h = int(values.pop("w")), int(values.pop("h"))
    return EstimatedPose(
        torch.from_numpy(matrix),
        Pinhole(**values, w=w, h=h),
        bool(frame.get("converged", True)),
        _finite(frame.get("seconds")) or 0.0,
        _light(frame),
        _finite(frame.get("residual")),
        limit,
        Path(frame["mask_path"]) if frame.get("mask_path") else None,
    )


def _finite(value: Any) -> float | None:
    """A number that a file may hold; None where it does not, or one that is not finite."""
    return None if value is None or not math.isfinite(float(value)) else float(value)


def _light(frame: dict[str, Any]) -> Light:
    """Gain and bias of a frame; a file without them was written where light was not looked at."""
    gain, bias = (torch.tensor(frame.get(key) or default, dtype=torch.float32) for key, default in _NO_LIGHT.items())
    if not (gain.shape == bias.shape == (3,) and bool(torch.cat([gain, bias]).isfinite().all())):
        raise ValueError(f"gain and bias of {frame['file_path']} are not three numbers each")
    return UNCHANGED if bool((gain == 1).all()) and bool((bias == 0).all()) else Light(gain, bias)


_NO_LIGHT = {"gain": [1.0, 1.0, 1.0], "bias": [0.0, 0.0, 0.0]}
