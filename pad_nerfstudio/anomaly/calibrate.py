"""Learning from held-out normal views what a normal map and a normal score look like."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces, normal_places, places_without_each
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface, scored_surface
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
    places: NormalPlaces | None = None
    """Where on the object their maps are high; None where that is not asked."""


def learn_from_normal_views(
    photos: Sequence[PosedPhoto],
    scorer: Scorer,
    kind: NoiseKind | None,
    track: Track = lambda items, _: items,
    by_place: bool = False,
) -> NormalViews:
    """Compare the normal views with their references, and learn from the maps.

    Args:
        photos: normal views that no fit has seen, localised like queries
        scorer: compares a photo with its reference; its own noise model is not used
        kind: how to learn what normal maps look like; None leaves maps as they are
        track: shows the progress
        by_place: whether to learn where on the object normal maps are high

    Raises:
        UserError: a photo is missing or broken
    """
    by_photo = dict(track(all_compared(scorer, photos), "Scoring held-out normal views"))
    return learn_from_maps([by_photo[photo] for photo in photos], scorer, kind, by_place)


def learn_from_maps(
    compared: Sequence[ComparedPhoto], scorer: Scorer, kind: NoiseKind | None, by_place: bool = False
) -> NormalViews:
    """Fit the noise of the maps, then score each normal view with what the others teach.

    A view that helped to say what is normal would look more normal than a query does; so one view alone teaches
    nothing.
    """
    if kind is None or len(compared) < 2:
        plain = replace(scorer, noise=None)
        return NormalViews(None, [plain.judged(one).image_score for one in compared])
    observed = [kind.observe(one.anomaly_map, one.view) for one in compared]
    noise, scores = kind.fit(observed), []
    surfaces = _surfaces(compared, replace(scorer, noise=noise)) if by_place else []
    places = normal_places(surfaces)
    by_others = [None] * len(compared) if places is None else places_without_each(places, surfaces)
    for index, (one, told) in enumerate(zip(compared, by_others, strict=True)):
        others = kind.fit(observed[:index] + observed[index + 1 :])
        scores.append(replace(scorer, noise=others, places=told).judged(one).image_score)
    return NormalViews(noise, scores, places)


def _surfaces(compared: Sequence[ComparedPhoto], scorer: Scorer) -> list[ScoredSurface]:
    """What maps in standard units say of the surface; nothing where a pose was not found."""
    found = []
    for one in compared:
        if one.camera_to_world is None or one.camera is None:
            found.append(ScoredSurface(np.zeros((0, 3)), np.zeros(0), np.zeros(0)))
            continue
        h, w = one.anomaly_map.shape
        anomaly_map = scorer.in_standard_units(one).cpu().numpy()
        found.append(scored_surface(anomaly_map, one.view.reference, one.camera.resized(w, h), one.camera_to_world))
    return found


def write_normal_views(path: Path, learnt: NormalViews, fingerprint: str) -> None:
    """Keep what was learnt, so that a restart need not learn it again."""
    noise = None if learnt.noise is None else learnt.noise.as_list()
    by_place = learnt.places is not None
    if learnt.places is not None:
        learnt.places.save(_places_path(path), fingerprint)
    write_json(path, {"fingerprint": fingerprint, "noise": noise, "scores": learnt.scores, "by_place": by_place})


def _places_path(path: Path) -> Path:
    return path.with_suffix(".npz")


def read_normal_views(path: Path, fingerprint: str, kind: NoiseKind | None) -> NormalViews | None:
    """What was learnt before; None where there is nothing or it was learnt with other settings."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["fingerprint"] != fingerprint:
            return None
        noise = None if kept["noise"] is None or kind is None else kind.restore(kept["noise"])
        places = NormalPlaces.load(_places_path(path), fingerprint) if kept["by_place"] else None
        if kept["by_place"] and places is None:
            return None
        return NormalViews(noise, [float(score) for score in kept["scores"]], places)
    except (OSError, ValueError, KeyError, TypeError):
        return None
