"""What `ns-pad-score` leaves behind of scenes: where each file lies, and how the table is written."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.fingerprint import fingerprint
from pad_nerfstudio.files import write_csv
from pad_nerfstudio.odd_one_out.scored_scene import ScoredObject, ScoredScene
from pad_nerfstudio.run_folder import RunFolder

CSV_COLUMNS = (
    *("scene", "views", "object", "x_min", "y_min", "z_min", "x_max", "y_max", "z_max"),
    *("name", "kind", "label", "score", "is_anomalous", "iou", "correct"),
)


@dataclass(frozen=True)
class SceneOutputFolder(RunFolder):
    """The files of one scoring run on scenes."""

    @property
    def objects_path(self) -> Path:
        """The table of all objects."""
        return self.root / "objects.csv"

    def pictures(self, scene: str, views: int) -> Path:
        """Folder of the pictures of a scene judged with that many views."""
        return self.root / "pictures" / scene / f"{views}_views"

    def record_path(self, scene: Path, views: int) -> Path:
        """What is kept of a judged scene, so that a restart does not judge it again.

        Args:
            scene: its folder, as names change with the scenes that are scored together
            views: how many were looked at
        """
        return self.root / ".records" / f"{scene.name}_{fingerprint(scene.as_posix())}" / f"{views}_views.npz"


def unique_names(roots: Sequence[Path]) -> dict[Path, str]:
    """A name for each scene folder: its path below the folder that holds them all.

    Args:
        roots: absolute paths, none twice
    """
    shared = Path(os.path.commonpath([root.parent for root in roots])) if roots else Path()
    return {root: root.relative_to(shared).as_posix() for root in roots}


def write_objects(path: Path, scenes: Sequence[ScoredScene]) -> None:
    """Write `objects.csv`: a row for every object found or missed; what is unknown is an empty cell.

    `object` counts from 1 and is empty for a true object that was missed, whose true box then stands there.
    """
    write_csv(path, CSV_COLUMNS, (list(row.values()) for row in object_rows(scenes)))


def object_rows(scenes: Sequence[ScoredScene]) -> Iterator[dict[str, Any]]:
    """The columns of `objects.csv` for every object found or missed; None where something is unknown."""
    for scene in scenes:
        for found in scene.objects:
            yield dict(zip(CSV_COLUMNS, _values(scene, found), strict=True))


def _values(scene: ScoredScene, found: ScoredObject) -> list[object]:
    box = [float(value) for value in found.bounds.reshape(-1)]
    judgement = [found.score, found.is_anomalous, found.iou, found.correct]
    return [scene.name, len(scene.views), found.number, *box, found.name, found.kind, found.label, *judgement]
