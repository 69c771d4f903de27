"""Parts that several photos show: their fused scores, as tables and volumes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.fused.normal_parts import normal_part_scores
from pad_nerfstudio.anomaly.fused.normal_places import normal_places
from pad_nerfstudio.anomaly.fused.score_volume import ScoreVolume, fuse
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface, scored_surface
from pad_nerfstudio.anomaly.outputs import OutputFolder, QueryScore, read_map
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_csv, written_aside
from pad_nerfstudio.models.rendering import Renderer

BY_FOLDER = "folder"
"""In place of a name: every folder of queries shows one part."""
COLUMNS = (
    "part_id",
    "fused_score",
    "n_queries",
    "n_fused",
    "highest_query_score",
    "mean_query_score",
    "volume",
    "threshold",
    "is_anomalous",
)


@dataclass(frozen=True, eq=False)
class FusedPart:
    """One physical part."""

    part_id: str
    """Its name."""
    volume: ScoreVolume | None
    """Scores on its surface; None where no photo of it was localised or shows it."""
    scores: tuple[float, ...]
    """Image scores of its photos."""
    count: int
    """How many of them were fused: those that were localised."""
    threshold: float | None = None
    """Fused scores above it are anomalous; None where held-out normal views are too few for as many photos."""

    @property
    def is_anomalous(self) -> bool | None:
        """Whether the fused score lies above the threshold; None without either."""
        if self.volume is None or self.threshold is None:
            return None
        return self.volume.score > self.threshold


def by_part(queries: Sequence[PosedPhoto], part_id: str) -> dict[str, list[PosedPhoto]]:
    """Queries of each part: all are of one part, or each folder's.

    Args:
        queries: the photos
        part_id: the part's name, or `BY_FOLDER`

    Raises:
        UserError: the name is none for a file, or two folders have one name
    """
    if part_id != BY_FOLDER:
        if not part_id or part_id != Path(part_id).name or part_id.startswith("."):
            raise UserError(f"--part-id {part_id}: no name for a file; use letters, digits, - and _")
        return {part_id: list(queries)}
    folders: dict[Path, list[PosedPhoto]] = {}
    for query in queries:
        folders.setdefault(query.path.parent, []).append(query)
    parts = {folder.name: photos for folder, photos in folders.items()}
    if len(parts) < len(folders):
        raise UserError(f"--part-id {BY_FOLDER}: two folders of queries have one name; rename one")
    return parts


def fused_parts(
    renderer: Renderer,
    parts: Mapping[str, Sequence[PosedPhoto]],
    scores: Sequence[QueryScore],
    output: OutputFolder,
    track: Track = lambda items, _: items,
    normal_views: Sequence[PosedPhoto] = (),
    false_positive_rate: float = 0.05,
) -> list[FusedPart]:
    """Fuse the maps of each part's localised photos on the surface of the good object.

    Args:
        renderer: of the good object
        parts: photos of each part
        scores: of all photos, whose maps lie in `output`
        output: of the scoring run
        track: shows the progress
        normal_views: held-out normal views, whose maps lie in `output.held_out`; they tell what is normal at a place,
            and give the threshold
        false_positive_rate: share of good parts that may be called anomalous
    """
    score_of = {score.file_path: score.image_score for score in scores}
    normal = _surfaces(renderer, normal_views, OutputFolder(output.held_out))
    places = normal_places(normal)
    thresholds: dict[int, float | None] = {}
    found = []
    for part_id, photos in track(list(parts.items()), "Fusing parts"):
        views = _surfaces(renderer, photos, output)
        if len(views) not in thresholds:
            normal_scores = normal_part_scores(normal, len(views))
            thresholds[len(views)] = Calibration(normal_scores, false_positive_rate).threshold
        volume = fuse(views, places) if any(len(view.points) for view in views) else None
        own = tuple(score_of[photo.file_path] for photo in photos)
        found.append(FusedPart(part_id, volume, own, len(views), thresholds[len(views)]))
    return found


def _surfaces(renderer: Renderer, photos: Sequence[PosedPhoto], output: OutputFolder) -> list[ScoredSurface]:
    """What the maps of localised photos say of the surface."""
    views = []
    for photo in (photo for photo in photos if photo.converged):
        rendering = renderer.render(photo.camera_to_world, photo.camera)
        anomaly_map = read_map(output.map_path(photo.file_path))
        views.append(scored_surface(anomaly_map, rendering, photo.camera, photo.camera_to_world))
    return views


def write_parts(folder: Path, parts: Sequence[FusedPart]) -> Path:
    """Write `parts.csv`, and a volume of each part as `parts/PART.npz`; returns the table's path."""
    rows = []
    for part in parts:
        path = None
        if part.volume is not None:
            path = folder / "parts" / f"{part.part_id}.npz"
            write_volume(path, part.volume)
        fused = None if part.volume is None else part.volume.score
        own = (max(part.scores, default=None), float(np.mean(part.scores)) if part.scores else None)
        volume = path and path.relative_to(folder)
        verdict = (part.threshold, part.is_anomalous)
        rows.append((part.part_id, fused, len(part.scores), part.count, *own, volume, *verdict))
    table = folder / "parts.csv"
    write_csv(table, COLUMNS, rows)
    return table


def write_volume(path: Path, volume: ScoreVolume) -> None:
    """Write a volume as NumPy archive."""
    with written_aside(path) as aside, aside.open("wb") as file:
        arrays = {name: getattr(volume, name).astype(np.float32) for name in ("origin", "total", "weight", "evidence")}
        np.savez_compressed(file, cell=volume.cell, **arrays)


def read_volume(path: Path) -> ScoreVolume:
    """Read a volume that `write_volume` wrote.

    Raises:
        UserError: no such file, or another one
    """
    try:
        with np.load(path) as found:
            names = ("origin", "total", "weight", "evidence")
            origin, total, weight, evidence = (found[name].astype(np.float64) for name in names)
            return ScoreVolume(origin, float(found["cell"]), total, weight, evidence)
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path}: no volume of fused scores; run ns-pad-score with --part-id again") from error
