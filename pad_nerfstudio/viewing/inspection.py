"""What a user looks at in a scored run; knows nothing of any viewer."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from pad_nerfstudio.anomaly.fused.parts import read_volume
from pad_nerfstudio.anomaly.fused.score_volume import ScoreVolume
from pad_nerfstudio.anomaly.outputs import read_map
from pad_nerfstudio.anomaly.overlay import map_limit
from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.rendering import Renderer
from pad_nerfstudio.viewing.score_sources import PartScores, PhotoScores, ScoreSource
from pad_nerfstudio.viewing.scored_run import ScoredPart, ScoredQuery, ScoredRun
from pad_nerfstudio.viewing.view import View, render_view

LONGEST_SIDE = 800
"""Photos are shown, and the field from where they were taken, at no more pixels than this along a side."""
KEPT = 8
"""Photos, maps and views that are kept."""
NARROW = Pinhole(1000.0, 1000.0, 0.5, 0.5, 1, 1)
"""A camera of one pixel."""


@dataclass(frozen=True)
class Found:
    """What a ray met."""

    point: tuple[float, float, float]
    """On the object, the data set's world frame and units."""
    score: float | None
    """There; None where nothing tells it."""


class Inspection:
    """The selected query, the part whose scores are shown instead, the threshold, and the photo's opacity."""

    def __init__(self, run: ScoredRun, renderer: Renderer) -> None:
        self.run = run
        self.renderer = renderer
        self.threshold = run.threshold
        self.opacity = 0.0
        self._views = lru_cache(KEPT)(self._view)
        self.select(run.queries[0])
        self.show_part(run.parts[0] if run.parts else None)

    def select(self, query: ScoredQuery) -> None:
        """Select a query.

        Raises:
            UserError: its photo or its map is missing or broken; the former one stays selected
        """
        _photo(query.photo, _shown_size(query.camera))
        _map(query.map)
        self.query = query

    def show_part(self, part: ScoredPart | None) -> None:
        """Show the scores of a part or, with None, those of the selected query.

        Raises:
            UserError: its volume is missing or broken; the former scores stay
        """
        if part is not None:
            _volume(part.volume)
        self.part = part

    @property
    def limit(self) -> float:
        """The score that is drawn in full colour."""
        return map_limit(self.threshold, self.run.queries[0].score)

    @property
    def source(self) -> ScoreSource:
        """The part's scores, where one is shown, or those of the query."""
        if self.part is not None:
            return PartScores(_volume(self.part.volume))
        return PhotoScores(_map(self.query.map), self.taken)

    @property
    def taken(self) -> View:
        """The good object from where the query was taken."""
        return self._views(self.query)

    @property
    def photo(self) -> UInt8[np.ndarray, "h w 3"]:
        """The query."""
        return _photo(self.query.photo, _shown_size(self.query.camera))

    def ahead(self, camera_to_world: Float[Tensor, "4 4"]) -> Found | None:
        """The score where the ray straight ahead of a camera meets the object; None where it misses."""
        view = render_view(self.renderer, camera_to_world, NARROW)
        if not view.solid.all():
            return None
        x, y, z = view.points[0, 0].tolist()
        return Found((x, y, z), self.source.ahead_of(view))

    def _view(self, query: ScoredQuery) -> View:
        return render_view(self.renderer, query.camera_to_world, query.camera.resized(*_shown_size(query.camera)))


def _shown_size(camera: Pinhole) -> tuple[int, int]:
    """Width and height at which a photo is shown."""
    scale = min(1.0, LONGEST_SIDE / max(camera.w, camera.h))
    return max(1, round(camera.w * scale)), max(1, round(camera.h * scale))


@lru_cache(KEPT)
def _photo(path: Path, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    return read_image(path, size=size)


@lru_cache(KEPT)
def _map(path: Path) -> Float[np.ndarray, "h w"]:
    try:
        return read_map(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: missing or broken; run ns-pad-score again") from error


@lru_cache(KEPT)
def _volume(path: Path) -> ScoreVolume:
    return read_volume(path)
