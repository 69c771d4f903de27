"""`ns-pad-score` from queries with poses to files: calibrate, score, evaluate, write."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pad_nerfstudio.anomaly.calibrate import learn_from_normal_views, read_normal_views, write_normal_views
from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.comparison import (
    BY_FEATURES,
    LEARNED,
    WITH_ALTERNATIVES,
    FeatureOptions,
    comparison_named,
)
from pad_nerfstudio.anomaly.evaluation import evaluate
from pad_nerfstudio.anomaly.fingerprint import file_identity, fingerprint, photo_identity
from pad_nerfstudio.anomaly.image_score import image_score_named
from pad_nerfstudio.anomaly.learned.comparison import SHIPPED, read_comparator
from pad_nerfstudio.anomaly.learned.second_opinion import SecondOpinion
from pad_nerfstudio.anomaly.map_noise import PLAIN_UNIT, NoiseKind, noise_kind
from pad_nerfstudio.anomaly.outputs import OutputFolder, write_scores
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track, score_queries, scored_images
from pad_nerfstudio.anomaly.scorer import Scorer
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.anomaly.summary import calibration_summary, field_summary
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_json
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.versions import versions


@dataclass(frozen=True)
class ScoringSettings:
    """What decides the scores."""

    comparison: str = "lab-envelope"
    """Name of the comparison, see `COMPARISONS`."""
    false_positive_rate: float = 0.05
    """Share of normal queries that may be called anomalous."""
    nearby_views: int = 5
    """Training photos near a query that correct its reference; 0 for the field's rendering alone."""
    calibration: str = "classes"
    """What normal views teach of maps, see `CALIBRATIONS`."""
    second_opinion: bool = True
    """Whether maps in standard units are weighed by the network's odds, see `weighed`."""
    only_object: bool = False
    """Whether maps are 0 away from the object, see `restricted_to_object`."""
    image_score: str = "maximum"
    """Name of the image score, see `IMAGE_SCORES`."""
    features: FeatureOptions = FeatureOptions()
    """For comparisons by features."""


def run_scoring(
    field: Any,
    queries: Sequence[PosedPhoto],
    normal_views: Sequence[PosedPhoto],
    output: OutputFolder,
    settings: ScoringSettings,
    notes: Sequence[str] = (),
    track: Track = lambda items, _: items,
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

    Raises:
        UserError: there is no such comparison or rate, or weights, an image or a mask are missing or broken
    """
    if not 0.0 < settings.false_positive_rate < 1.0:
        raise UserError(f"--false-positive-rate {settings.false_positive_rate:g}: give a share between 0 and 1")
    start = time.perf_counter()
    nearby = None
    if settings.nearby_views > 0 and settings.comparison in WITH_ALTERNATIVES:
        nearby = NearbyViews(field, field.training_views, field.camera, field.background)
    comparison = comparison_named(settings.comparison, settings.features)
    kind = noise_kind(settings.calibration)
    scorer = Scorer(
        field,
        field.background,
        comparison,
        second_opinion=_second_opinion(settings),
        only_object=settings.only_object,
        image_score=image_score_named(settings.image_score),
        nearby=nearby,
        nearby_count=settings.nearby_views,
    )
    decisive = [
        settings.comparison,
        settings.nearby_views,
        settings.calibration,
        settings.second_opinion,
        file_identity(settings.features.network or SHIPPED),
        settings.only_object,
        settings.image_score,
        settings.features.extractor,
        settings.features.shift,
        None if settings.features.weights is None else file_identity(settings.features.weights),
        versions(),
        file_identity(field.checkpoint),
        [photo_identity(photo) for photo in normal_views],
    ]
    learnt = read_normal_views(output.normal_views_path, fingerprint(decisive), kind)
    if learnt is None:
        learnt = learn_from_normal_views(normal_views, scorer, kind, track)
        write_normal_views(output.normal_views_path, learnt, fingerprint(decisive))
    opinion = scorer.second_opinion if learnt.noise is not None else None  # asked only where it counts
    scorer = replace(scorer, noise=learnt.noise, second_opinion=opinion)
    calibration = Calibration(np.array(learnt.scores, np.float64), settings.false_positive_rate)
    calibrated = time.perf_counter()
    scores = score_queries(queries, scorer, calibration, output, decisive, track)
    scored = time.perf_counter()
    figures = evaluate(scored_images(scores, output))
    summary = {
        "object": field.data_root.name,
        **figures,
        **calibration_summary(calibration, scores),
        "comparison": settings.comparison,
        "nearby_views": settings.nearby_views if nearby is not None else 0,
        "calibration": settings.calibration if scorer.noise is not None else "none",
        "map_unit": _map_unit(scorer, kind),
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
    return ScoringRun(output, scores, calibration, summary, notes)


def _map_unit(scorer: Scorer, kind: NoiseKind | None) -> str:
    if kind is None or scorer.noise is None:
        return PLAIN_UNIT
    return kind.unit if scorer.second_opinion is None else f"{kind.unit}, weighed by a network's odds"


def _second_opinion(settings: ScoringSettings) -> SecondOpinion | None:
    """None where maps are left in the comparison's own unit, or are the network's already."""
    if not settings.second_opinion or settings.calibration == "none" or settings.comparison == LEARNED:
        return None
    return SecondOpinion(read_comparator(settings.features.network or SHIPPED))
