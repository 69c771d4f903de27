"""Where the scores that a viewer shows come from: the fused volume of a part, or the map of one photo."""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.anomaly.fused.score_volume import ScoreVolume
from pad_nerfstudio.anomaly.fused.scored_surface import on_pixels
from pad_nerfstudio.viewing.reprojection import ahead_of, reprojected
from pad_nerfstudio.viewing.view import View


@runtime_checkable
class ScoreSource(Protocol):
    """Scores on the surface of an object."""

    def seen_from(self, view: View) -> Float[np.ndarray, "h w"]:
        """Scores of what each pixel of a view shows; 0 where there are none."""
        ...

    def ahead_of(self, view: View) -> float | None:
        """The score of what a view of a single pixel sees of the object; None where nothing tells it."""
        ...


@dataclass(frozen=True, eq=False)
class PartScores:
    """Scores of a part, fused from its photos: from any side."""

    volume: ScoreVolume
    """The scores in space."""

    def seen_from(self, view: View) -> Float[np.ndarray, "h w"]:
        """See `ScoreSource.seen_from`."""
        return on_pixels(self.volume.at(view.points[view.solid]), view.solid).numpy()

    def ahead_of(self, view: View) -> float | None:
        """See `ScoreSource.ahead_of`."""
        point = view.points[0, 0]
        seen = replace(self.volume, total=self.volume.weight)  # its mean is 1 where any view tells
        return float(self.volume.at(point[None])[0]) if seen.at(point[None])[0] > 0 else None


@dataclass(frozen=True, eq=False)
class PhotoScores:
    """Scores of one photo: its whole map where it was taken, and what it shows of the object from elsewhere."""

    anomaly_map: Float[np.ndarray, "a b"]
    """Its map, float32."""
    taken: View
    """The good object from where the photo was taken."""

    def seen_from(self, view: View) -> Float[np.ndarray, "h w"]:
        """See `ScoreSource.seen_from`."""
        scores, seen = reprojected(self.anomaly_map, self.taken, view)
        return np.where(seen, scores, np.float32(0))

    def ahead_of(self, view: View) -> float | None:
        """See `ScoreSource.ahead_of`."""
        return ahead_of(self.anomaly_map, self.taken, view)
