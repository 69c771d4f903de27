"""`ns-pad-score` from queries with poses to files: calibrate, score, evaluate, write."""

import time
from collections.abc import Sequence
from typing import Any

from pad_nerfstudio.anomaly.batching import Batching, batching_for, memory_told_of
from pad_nerfstudio.anomaly.calibrated_scorer import calibrated_scorer
from pad_nerfstudio.anomaly.comparison import BY_FEATURES
from pad_nerfstudio.anomaly.evaluation import evaluate
from pad_nerfstudio.anomaly.outputs import OutputFolder, write_scores
from pad_nerfstudio.anomaly.placement import device_of
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track, score_queries, scored_images
from pad_nerfstudio.anomaly.scoring_run import Residuals, ScoringRun
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.anomaly.summary import calibration_summary, field_summary
from pad_nerfstudio.files import write_json
from pad_nerfstudio.versions import versions


def run_scoring(
    field: Any,
    queries: Sequence[PosedPhoto],
    normal_views: Sequence[PosedPhoto],
    output: OutputFolder,
    settings: ScoringSettings,
    notes: Sequence[str] = (),
    track: Track = lambda items, _: items,
    keep_normal_maps: bool = False,
    batching: Batching | None = None,
) -> ScoringRun:
    """Score queries against a trained field and write everything but the report.

    Args:
        field: the trained field (`TrainedField`)
        queries: the queries with their poses
        normal_views: held-out normal views, localised like queries
        output: where files go
        settings: what decides the scores
        notes: sentences to pass on to the user
        track: shows the progress
        keep_normal_maps: whether the maps of the held-out views are written too, into `output.held_out`
        batching: how many photos are worked on together; by default what suits the field's device

    Raises:
        UserError: there is no such comparison or rate, or weights, an image or a mask are missing or broken, or the
            GPU's memory does not suffice
    """
    start = time.perf_counter()
    batching = batching_for(device_of(field)) if batching is None else batching
    with memory_told_of(batching):
        ready = calibrated_scorer(field, normal_views, settings, output.normal_views_path, track, batching)
        scorer, calibration = ready.scorer, ready.calibration
        calibrated = time.perf_counter()
        if keep_normal_maps:
            score_queries(normal_views, scorer, calibration, OutputFolder(output.held_out), ready.decisive, track)
        scores = score_queries(queries, scorer, calibration, output, ready.decisive, track)
    scored = time.perf_counter()
    evaluated = evaluate(scored_images(scores, output))
    summary = {
        "object": field.data_root.name,
        **evaluated.figures,
        **calibration_summary(calibration, scores),
        "comparison": settings.comparison,
        "nearby_views": settings.nearby_views if scorer.nearby is not None else 0,
        "calibration": settings.calibration if scorer.noise is not None else "none",
        "map_unit": ready.map_unit,
        "places": scorer.places is not None,
        "second_opinion": scorer.second_opinion is not None,
        "only_object": settings.only_object,
        "image_score": settings.image_score,
        "extractor": settings.features.extractor if settings.comparison in BY_FEATURES else None,
        **field_summary(field),
        "timings": {
            "seconds_per_query": sum(score.seconds for score in scores) / max(len(scores), 1),
            "seconds_calibrating": calibrated - start,
            "seconds_scoring": scored - calibrated,
            "seconds_evaluating": time.perf_counter() - scored,
        },
        "versions": versions(),
    }
    write_scores(output.scores_path, scores, calibration)
    write_json(output.metrics_path, summary)
    return ScoringRun(output, scores, calibration, summary, notes, evaluated.curves, Residuals.of(queries))
