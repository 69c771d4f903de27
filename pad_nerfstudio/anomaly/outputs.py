"""What `ns-pad-score` leaves behind: where each file lies, and how it is written."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import tifffile
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.files import write_csv, write_text, written_aside
from pad_nerfstudio.run_folder import RunFolder

CSV_COLUMNS = (
    "file_path",
    "kind",
    "label",
    "image_score",
    "p_value",
    "threshold",
    "is_anomalous",
    "converged",
    "seconds",
)


@dataclass(frozen=True)
class QueryScore:
    """One finished query."""

    file_path: str
    """Path relative to the class folder, `test/Burrs/0.png`; the absolute path of a query from elsewhere."""
    path: str
    """Absolute path of the photo."""
    kind: str
    """`good`, a kind of defect, or empty where unknown."""
    label: int | None
    """0 normal, 1 anomalous, None unknown."""
    mask_path: str | None
    """Absolute path of the ground-truth mask, where there is one."""
    image_score: float
    """Higher is more anomalous."""
    converged: bool
    """Whether the query was localised; if not, the score comes from the best pose found."""
    box: tuple[int, int, int, int]
    """Top, bottom, left and right of the object in the reference, in pixels, the ends exclusive."""
    seconds: float
    """Time for localising (where that was done here), rendering and comparing."""
    background: str = "as trained"
    """What stands behind the object, see `BackgroundKind`."""


@dataclass(frozen=True)
class OutputFolder(RunFolder):
    """The files of one scoring run."""

    def map_path(self, file_path: str) -> Path:
        """The anomaly map of a query: float32 TIFF at its resolution."""
        return self._beside("maps", file_path, ".tiff")

    def reference_path(self, file_path: str) -> Path:
        """The rendered normal reference of a query."""
        return self._beside("references", file_path, ".png")

    def overlay_path(self, file_path: str) -> Path:
        """The query with its map on top."""
        return self._beside("overlays", file_path, ".png")

    def record_path(self, file_path: str) -> Path:
        """What is kept of a finished query, so that a restart does not compute it again."""
        return self._beside(".records", file_path, ".json")

    @property
    def held_out(self) -> Path:
        """Folder of the poses found for the held-out normal views."""
        return self.root / "held_out"

    @property
    def normal_views_path(self) -> Path:
        """What was learnt from the held-out normal views."""
        return self.root / ".records" / "normal_views.json"

    @property
    def scores_path(self) -> Path:
        """The table of all queries."""
        return self.root / "scores.csv"

    def _beside(self, folder: str, file_path: str, suffix: str) -> Path:
        """`root/folder/file_path` with another suffix; an absolute file_path is kept below `root/folder` too."""
        parts = [part for part in PurePosixPath(file_path.replace("\\", "/")).parts if part not in ("/", "..", ".")]
        return (self.root / folder).joinpath(*[part.replace(":", "") for part in parts]).with_suffix(suffix)


def write_map(path: Path, anomaly_map: Float[np.ndarray, "h w"]) -> None:
    """Write a map as float32 TIFF."""
    with written_aside(path) as aside:
        tifffile.imwrite(aside, anomaly_map.astype(np.float32), compression="zlib")


def read_map(path: Path) -> Float[np.ndarray, "h w"]:
    """Read a map as it was written."""
    return tifffile.imread(path)


def as_bytes(rgb: Float[Tensor, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Colours in [0, 1] as an image holds them."""
    return (rgb.clamp(0.0, 1.0) * 255.0).round().byte().cpu().numpy()


def write_png(path: Path, image: UInt8[np.ndarray, "h w 3"]) -> None:
    """Write an RGB image."""
    with written_aside(path) as aside:
        Image.fromarray(image).save(aside, compress_level=4)


def score_rows(scores: Sequence[QueryScore], calibration: Calibration) -> Iterator[dict[str, Any]]:
    """The columns of `scores.csv` for each query; None where something is unknown."""
    for score in scores:
        cells = {
            **asdict(score),
            "p_value": calibration.p_value(score.image_score),
            "threshold": calibration.threshold,
            "is_anomalous": calibration.is_anomalous(score.image_score),
        }
        yield {column: cells[column] for column in CSV_COLUMNS}


def write_scores(path: Path, scores: Sequence[QueryScore], calibration: Calibration) -> None:
    """Write `scores.csv`; what is unknown is an empty cell."""
    write_csv(path, CSV_COLUMNS, (list(row.values()) for row in score_rows(scores, calibration)))


def read_record(output: OutputFolder, file_path: str, fingerprint: str) -> QueryScore | None:
    """The finished query that was kept; None where there is none, its pictures are gone, or its fingerprint differs."""
    pictures = (output.map_path(file_path), output.reference_path(file_path), output.overlay_path(file_path))
    try:
        kept = json.loads(output.record_path(file_path).read_text(encoding="utf-8"))
        if kept["fingerprint"] != fingerprint or not all(picture.is_file() for picture in pictures):
            return None
        return QueryScore(**{**kept["score"], "box": tuple(kept["score"]["box"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(output: OutputFolder, score: QueryScore, fingerprint: str) -> None:
    """Keep a finished query; written last, so that a record vouches for the query's other files."""
    record = {"fingerprint": fingerprint, "score": asdict(score)}
    write_text(output.record_path(score.file_path), json.dumps(record, indent=1) + "\n")
