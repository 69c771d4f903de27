"""What one run of `ns-pad-score` on scenes found, as the report reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder
from pad_nerfstudio.odd_one_out.scored_scene import ScoredScene


@dataclass(frozen=True, eq=False)
class SceneRun:
    """All scenes as judged, and what `metrics.json` says of them."""

    output: SceneOutputFolder
    """Where tables and pictures lie."""
    by_views: Mapping[str, Sequence[ScoredScene]]
    """Number of views (or `all`) -> every scene, judged with so many; the highest number last."""
    summary: Mapping[str, Any]
    """The content of `metrics.json`."""

    @property
    def most_views(self) -> str:
        """The highest number of views that scenes were judged with, or `all`."""
        return list(self.by_views)[-1]

    @property
    def sentences(self) -> list[str]:
        """What was noticed in each scene, for the reader; once where it was noticed with every number of views."""
        notes: dict[str, list[str]] = {}
        for views, scenes in self.by_views.items():
            for scene in scenes:
                for note in scene.notes:
                    notes.setdefault(f"{scene.name}: {note}", []).append(views)
        everywhere = len(self.by_views)
        return [
            note if len(views) == everywhere else f"{note} (with {' and '.join(views)} views)"
            for note, views in notes.items()
        ]

    @property
    def verdict(self) -> str:
        """How many objects are not like the others, in a sentence, judged with the most views."""
        scenes = self.by_views[self.most_views]
        found = [each for scene in scenes for each in scene.objects if each.number is not None]
        odd = sum(each.is_anomalous is True for each in found)
        unsure = sum(each.is_anomalous is None for each in found)
        first = f"with {self.most_views} views, {odd} of {len(found)} objects in {_scenes(len(scenes))} are not like"
        return f"{first} the others" + (f"; without verdict: {unsure}" if unsure else "")


def _scenes(count: int) -> str:
    return f"{count} scene" + ("s" if count != 1 else "")
