"""Learning from held-out normal views what a normal map and a normal score look like."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pad_nerfstudio.anomaly.map_noise import MapNoise, NoiseKind
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, Scorer
from pad_nerfstudio.anomaly.together import all_compared
from pad_nerfstudio.files import write_json


@dataclass(frozen=True, eq=False)
class NormalViews:
    """What held-out normal views teach."""

    noise: MapNoise | None
    """What their maps look like; None where maps are not normalised or there are fewer than two views."""
    scores: list[float]
    """The image score of each, its map normalised by what the others teach."""


def learn_from_normal_views(
    photos: Sequence[PosedPhoto], scorer: Scorer, kind: NoiseKind | None, track: Track = lambda items, _: items
) -> NormalViews:
    """Compare the normal views with their references, and learn from the maps.

    Args:
        photos: normal views that no fit has seen, localised like queries
        scorer: compares a photo with its reference; its own noise model is not used
        kind: how to learn what normal maps look like; None leaves maps as they are
        track: shows the progress

    Raises:
        UserError: a photo is missing or broken
    """
    by_photo = dict(track(all_compared(scorer, photos), "Scoring held-out normal views"))
    return learn_from_maps([by_photo[photo] for photo in photos], scorer, kind)


def learn_from_maps(compared: Sequence[ComparedPhoto], scorer: Scorer, kind: NoiseKind | None) -> NormalViews:
    """Fit the noise of the maps, then score each normal view with the noise of the others.

    A view that helped to say what is normal would look more normal than a query does; so one view alone teaches
    nothing.
    """
    if kind is None or len(compared) < 2:
        plain = replace(scorer, noise=None)
        return NormalViews(None, [plain.judged(one).image_score for one in compared])
    observed = [kind.observe(one.anomaly_map, one.view) for one in compared]
    scores = []
    for index, one in enumerate(compared):
        others = kind.fit(observed[:index] + observed[index + 1 :])
        scores.append(replace(scorer, noise=others).judged(one).image_score)
    return NormalViews(kind.fit(observed), scores)


def write_normal_views(path: Path, learnt: NormalViews, fingerprint: str) -> None:
    """Keep what was learnt, so that a restart need not learn it again."""
    noise = None if learnt.noise is None else learnt.noise.as_list()
    write_json(path, {"fingerprint": fingerprint, "noise": noise, "scores": learnt.scores})


def read_normal_views(path: Path, fingerprint: str, kind: NoiseKind | None) -> NormalViews | None:
    """What was learnt before; None where there is nothing or it was learnt with other settings."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["fingerprint"] != fingerprint:
            return None
        noise = None if kept["noise"] is None or kind is None else kind.restore(kept["noise"])
        return NormalViews(noise, [float(score) for score in kept["scores"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None
