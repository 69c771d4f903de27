"""Learning from held-out normal views what a normal map and a normal score look like."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pad_nerfstudio.anomaly.noise import NoiseModel, NoiseSums, noise_sums
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.scorer import Scorer
from pad_nerfstudio.concurrency import AsFinished, workers_for
from pad_nerfstudio.files import write_json


@dataclass(frozen=True, eq=False)
class NormalViews:
    """What held-out normal views teach."""

    noise: NoiseModel | None
    """What their maps look like; None where maps are not normalised or there are no views."""
    scores: list[float]
    """The image score of each, normalised by the noise of the others."""


def learn_from_normal_views(
    photos: Sequence[PosedPhoto], scorer: Scorer, normalise: bool = True, track: Track = lambda items, _: items
) -> NormalViews:
    """Fit the noise of the maps, then score each normal view with the noise of the others.

    Args:
        photos: normal views that no fit has seen, localised like queries
        scorer: compares a photo with its reference; its own noise model is not used
        normalise: whether maps are divided by the noise expected from the normal views
        track: shows the progress

    Raises:
        UserError: a photo is missing or broken
    """
    plain = replace(scorer, noise=None)
    scoring = AsFinished(plain, photos, workers_for(scorer.renderer))
    by_photo = dict(track(scoring, "Scoring held-out normal views"))
    scored = [by_photo[photo] for photo in photos]
    if not normalise or not scored:
        return NormalViews(None, [one.image_score for one in scored])
    parts = [noise_sums(one.anomaly_map, one.reference) for one in scored]
    total = sum(parts, NoiseSums.nothing())
    scores = []
    for one, part in zip(scored, parts, strict=True):
        # A view that helped to say what is normal would look more normal than a query does.
        others = NoiseModel.fitted(total - part) if len(parts) > 1 else NoiseModel.fitted(total)
        scores.append(float(others.normalised(one.anomaly_map, one.reference).max()))
    return NormalViews(NoiseModel.fitted(total), scores)


def write_normal_views(path: Path, learnt: NormalViews, fingerprint: str) -> None:
    """Keep what was learnt, so that a restart need not learn it again."""
    weights = None if learnt.noise is None else learnt.noise.weights.tolist()
    write_json(path, {"fingerprint": fingerprint, "noise": weights, "scores": learnt.scores})


def read_normal_views(path: Path, fingerprint: str) -> NormalViews | None:
    """What was learnt before; None where there is nothing or it was learnt with other settings."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["fingerprint"] != fingerprint:
            return None
        noise = None if kept["noise"] is None else NoiseModel.from_weights(kept["noise"])
        return NormalViews(noise, [float(score) for score in kept["scores"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None
