"""A scorer that has seen held-out normal views: everything that judging one more photo needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.batching import Batching, batching_for
from pad_nerfstudio.anomaly.calibrate import learn_from_normal_views, read_normal_views, write_normal_views
from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.comparison import LEARNED, WITH_ALTERNATIVES, comparison_named
from pad_nerfstudio.anomaly.fingerprint import file_identity, fingerprint, photo_identity
from pad_nerfstudio.anomaly.image_score import image_score_named
from pad_nerfstudio.anomaly.learned.comparison import SHIPPED, read_comparator
from pad_nerfstudio.anomaly.learned.second_opinion import SecondOpinion
from pad_nerfstudio.anomaly.map_noise import PLAIN_UNIT, NoiseKind, noise_kind
from pad_nerfstudio.anomaly.placement import device_of, network_on, placed, resident
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.scorer import Scorer
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.silhouette import border_colour
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.versions import versions

LOOKED_AT = 5
"""Normal views that are asked for the background of training."""


@dataclass(frozen=True, eq=False)
class CalibratedScorer:
    """Compares a photo with its reference, and knows what its score means."""

    scorer: Scorer
    """Photo -> map and image score."""
    calibration: Calibration
    """Image score -> p-value and verdict."""
    map_unit: str
    """What a value of 1 in a map stands for."""
    decisive: list[Any]
    """Everything that decides a score but the photo and its pose, as JSON values."""


def calibrated_scorer(
    field: Any,
    normal_views: Sequence[PosedPhoto],
    settings: ScoringSettings,
    kept: Path,
    track: Track = lambda items, _: items,
    batching: Batching | None = None,
) -> CalibratedScorer:
    """Set up a scorer and learn from held-out normal views, or read what was learnt from the same ones before.

    Args:
        field: the trained field (`TrainedField`)
        normal_views: held-out normal views, localised like queries
        settings: what decides the scores
        kept: the file in which what is learnt is kept
        track: shows the progress
        batching: how many photos are worked on together; by default what suits the field's device

    Raises:
        UserError: there is no such comparison or rate, or weights or an image are missing or broken
    """
    if not 0.0 < settings.false_positive_rate < 1.0:
        raise UserError(f"--false-positive-rate {settings.false_positive_rate:g}: give a share between 0 and 1")
    device, renderer, nearby = device_of(field), resident(field), None
    batching = batching_for(device) if batching is None else batching
    if settings.nearby_views > 0 and settings.comparison in WITH_ALTERNATIVES:
        nearby = NearbyViews(renderer, field.training_views, field.background)
    comparison = placed(comparison_named(settings.comparison, settings.features), device, batching.mixed_precision)
    kind = noise_kind(settings.calibration)
    scorer = Scorer(
        renderer,
        field.background.to(device),
        comparison,
        second_opinion=_second_opinion(settings, device, batching.mixed_precision),
        batching=batching,
        only_object=settings.only_object,
        image_score=image_score_named(settings.image_score),
        nearby=nearby,
        nearby_count=settings.nearby_views,
        largest=max(field.camera.w, field.camera.h),
        plain=_before_plain_background(normal_views, field.background),
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
    decisive += ["places"] if settings.places else []
    decisive += ["mixed precision"] if batching.mixed_precision else []
    learnt = read_normal_views(kept, fingerprint(decisive), kind)
    if learnt is None:
        learnt = learn_from_normal_views(normal_views, scorer, kind, track, settings.places)
        write_normal_views(kept, learnt, fingerprint(decisive))
    opinion = scorer.second_opinion if learnt.noise is not None else None  # asked only where it counts
    scorer = replace(scorer, noise=learnt.noise, places=learnt.places, second_opinion=opinion)
    calibration = Calibration(np.array(learnt.scores, np.float64), settings.false_positive_rate)
    return CalibratedScorer(scorer, calibration, _map_unit(scorer, kind), decisive)


def _before_plain_background(photos: Sequence[PosedPhoto], background: Float[Tensor, "3"]) -> bool:
    """Whether most normal views show their object before one colour; without any, it is taken to be so."""
    some = photos[:: max(1, len(photos) // LOOKED_AT)]
    return 2 * sum(border_colour(photo.rgb(background)) is not None for photo in some) >= len(some)


def _map_unit(scorer: Scorer, kind: NoiseKind | None) -> str:
    if kind is None or scorer.noise is None:
        return PLAIN_UNIT
    return kind.unit if scorer.second_opinion is None else f"{kind.unit}, weighed by a network's odds"


def _second_opinion(settings: ScoringSettings, device: torch.device, mixed_precision: bool) -> SecondOpinion | None:
    """None where maps are left in the comparison's own unit, or are the network's already."""
    if not settings.second_opinion or settings.calibration == "none" or settings.comparison == LEARNED:
        return None
    network = read_comparator(settings.features.network or SHIPPED)
    return SecondOpinion(network_on(network, device, mixed_precision))
