"""Scoring every query, once: what is finished is not computed again."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.evaluation import PixelScores, ScoredImage, pixel_scores
from pad_nerfstudio.anomaly.fingerprint import fingerprint, photo_identity
from pad_nerfstudio.anomaly.outputs import (
    OutputFolder,
    QueryScore,
    as_bytes,
    read_map,
    read_record,
    write_map,
    write_png,
    write_record,
)
from pad_nerfstudio.anomaly.overlay import map_limit, overlay
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.scorer import ScoredPhoto, Scorer
from pad_nerfstudio.anomaly.together import scored_in_chunks
from pad_nerfstudio.concurrency import AsFinished, workers_for
from pad_nerfstudio.data.images import read_mask

Track = Callable[[Iterable[Any], str], Iterable[Any]]
"""Passes on something that can be iterated and has a length, while showing how far it got: (items, description)."""


def score_queries(
    photos: Sequence[PosedPhoto],
    scorer: Scorer,
    calibration: Calibration,
    output: OutputFolder,
    settings: Any,
    track: Track = lambda items, _: items,
) -> list[QueryScore]:
    """Score photos and write their maps, references and overlays.

    A photo whose record in `output` carries the same fingerprint (of `settings`, pose, camera, file and threshold) is
    finished: it is read, not computed.

    Args:
        photos: the queries with their poses
        scorer: compares one of them with its reference
        calibration: its threshold is drawn into the overlays
        output: where files go; every one is written whole or not at all, the record last
        settings: whatever else decides the outcome, as JSON values
        track: shows the progress

    Raises:
        UserError: a photo is missing or broken
    """

    def identity(photo: PosedPhoto) -> str:
        return fingerprint(settings, photo_identity(photo), calibration.threshold)

    def finished(photo: PosedPhoto) -> QueryScore | None:
        return read_record(output, photo.file_path, identity(photo))

    def written(photo: PosedPhoto, scored: ScoredPhoto, seconds: float) -> QueryScore:
        found = _query_score(photo, scored, photo.seconds + seconds)
        _write_pictures(output, photo.file_path, scored, calibration.threshold)
        write_record(output, found, identity(photo))
        return found

    def score(photo: PosedPhoto) -> QueryScore:
        found = finished(photo)
        if found is not None:
            return found
        start = time.perf_counter()
        scored = scorer(photo)
        return written(photo, scored, time.perf_counter() - start)

    scoring = AsFinished(score, photos, workers_for(scorer.renderer))
    if scorer.batching.chunk > 1:
        scoring = scored_in_chunks(scorer, photos, finished, written)
    scores = {photo.file_path: found for photo, found in track(scoring, "Scoring queries")}
    return [scores[photo.file_path] for photo in photos]


def scored_images(scores: Sequence[QueryScore], output: OutputFolder) -> list[ScoredImage]:
    """Finished queries with the pixels of their maps, for `evaluate`.

    Raises:
        UserError: a mask is broken or not of its photo's size
    """
    return [ScoredImage(s.kind, s.label, s.image_score, _pixels(s, output)) for s in scores]


def _pixels(score: QueryScore, output: OutputFolder) -> PixelScores | None:
    """The map split by its ground truth; a normal query needs no mask, an anomalous one without mask has no pixels."""
    if score.label is None or (score.label == 1 and score.mask_path is None):
        return None
    anomaly_map = read_map(output.map_path(score.file_path))
    h, w = anomaly_map.shape
    mask = np.zeros((h, w), bool) if score.mask_path is None else read_mask(Path(score.mask_path), (w, h))
    top, bottom, left, right = score.box
    return pixel_scores(anomaly_map, mask, (slice(top, bottom), slice(left, right)))


def _query_score(photo: PosedPhoto, scored: ScoredPhoto, seconds: float) -> QueryScore:
    return QueryScore(
        file_path=photo.file_path,
        path=str(photo.path),
        kind=photo.kind,
        label=photo.label,
        mask_path=None if photo.mask_path is None else str(photo.mask_path),
        image_score=scored.image_score,
        converged=photo.converged,
        box=scored.box,
        seconds=seconds,
        background=scored.background,
    )


def _write_pictures(output: OutputFolder, file_path: str, scored: ScoredPhoto, threshold: float | None) -> None:
    anomaly_map = scored.anomaly_map.cpu().numpy()
    limit = map_limit(threshold, scored.image_score)
    write_map(output.map_path(file_path), anomaly_map)
    write_png(output.reference_path(file_path), as_bytes(scored.reference.rgb))
    write_png(output.overlay_path(file_path), overlay(as_bytes(scored.query), anomaly_map, limit, threshold))
