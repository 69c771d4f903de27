"""What a scoring run found, read back from its folder."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.outputs import OutputFolder
from pad_nerfstudio.anomaly.poses_json import read_poses
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.viewing.pointer import Pointer

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class ScoredQuery:
    """One photo with its score and where it was taken from."""

    file_path: str
    """Path relative to the class folder; the absolute path of a photo from elsewhere."""
    photo: Path
    """The photo."""
    map: Path
    """Its anomaly map."""
    score: float
    """Higher is more anomalous."""
    p_value: float | None
    """Share of normal views that score as high; None without normal views."""
    converged: bool
    """Whether it was localised; if not, the pose is the best one found."""
    camera_to_world: Float[Tensor, "4 4"]
    """Estimated pose, OpenGL axes, the data set's world frame and units, float64."""
    camera: Pinhole
    """Its intrinsics."""


@dataclass(frozen=True)
class ScoredPart:
    """One physical part whose photos were fused."""

    part_id: str
    """Its name."""
    score: float
    """Its fused score."""
    volume: Path
    """Scores on its surface."""


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """The results of one scoring run."""

    queries: tuple[ScoredQuery, ...]
    """The most anomalous first."""
    threshold: float | None
    """Scores above it are anomalous; None without normal views."""
    parts: tuple[ScoredPart, ...]
    """Those of which a photo was localised, the most anomalous first."""


def read_scored_run(pointer: Pointer, data_root: Path) -> ScoredRun:
    """Read the scores, poses and parts of a scoring run.

    Args:
        pointer: where they are
        data_root: the class folder that relative paths start from

    Raises:
        UserError: a file is missing or broken, or there is no query
    """
    output = OutputFolder(pointer.results)
    poses = read_poses(pointer.poses)

    def query(row: dict[str, str]) -> ScoredQuery:
        name = row["file_path"]
        if name not in poses:
            raise UserError(f"{pointer.poses}: holds no pose of {name}; run ns-pad-score again")
        pose, p_value = poses[name], _number(row["p_value"])
        photo, anomaly_map, converged = data_root / name, output.map_path(name), row["converged"] == "true"
        score = float(row["image_score"])
        return ScoredQuery(name, photo, anomaly_map, score, p_value, converged, pose.camera_to_world, pose.camera)

    queries = _table(output.scores_path, query)
    thresholds = _table(output.scores_path, lambda row: _number(row["threshold"]))
    if not queries:
        raise UserError(f"{output.scores_path}: holds no query; run ns-pad-score again")
    queries.sort(key=lambda query: (-query.score, query.file_path))
    return ScoredRun(tuple(queries), thresholds[0], _parts(pointer.results))


def _parts(results: Path) -> tuple[ScoredPart, ...]:
    """The parts of a run; none where photos were not fused."""

    def part(row: dict[str, str]) -> ScoredPart | None:
        return ScoredPart(row["part_id"], float(row["fused_score"]), results / row["volume"]) if row["volume"] else None

    path = results / "parts.csv"
    found = _table(path, part) if path.is_file() else []
    return tuple(sorted((part for part in found if part), key=lambda part: (-part.score, part.part_id)))


def _table(path: Path, made_of: Callable[[dict[str, str]], T]) -> list[T]:
    """What is made of each row of one of the run's tables."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [made_of(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: missing or broken; run ns-pad-score again") from error


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
