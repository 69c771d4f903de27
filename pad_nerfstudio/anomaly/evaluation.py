"""The metrics of a scored test set, per kind of defect and overall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.anomaly.metrics import (
    Metric,
    area_under_roc,
    average_precision,
    best_f1,
    rank_curve,
    region_weights,
    split_by_label,
)
from pad_nerfstudio.anomaly.regions import connected_regions

AUPRO_LIMIT = 0.3
"""False positive rate up to which the per-region overlap is integrated (MVTec AD)."""

METRIC_NAMES = (
    "image_auroc",
    "pixel_auroc",
    "seg_pixel_auroc",
    "aupro",
    "pixel_ap",
    "image_f1_max",
    "pixel_f1_max",
)
"""Every metric, in the order in which they are shown."""


@dataclass(frozen=True)
class PixelScores:
    """The pixels of one or more anomaly maps, split by their ground truth."""

    anomalous: Float[np.ndarray, " p"]
    """Scores of the anomalous pixels."""
    weights: Float[np.ndarray, " p"]
    """Their weights in AUPRO: one over the size of their region."""
    normal: Float[np.ndarray, " q"]
    """Scores of all normal pixels."""
    boxed_anomalous: Float[np.ndarray, " r"]
    """Scores of the anomalous pixels inside the object's bounding box."""
    boxed_normal: Float[np.ndarray, " s"]
    """Scores of the normal pixels inside the object's bounding box."""


@dataclass(frozen=True)
class ScoredImage:
    """What the metrics need of one query."""

    kind: str
    """`good`, a kind of defect, or empty where unknown."""
    label: int | None
    """0 normal, 1 anomalous, None unknown."""
    image_score: float
    """Higher is more anomalous."""
    pixels: PixelScores | None
    """None where there is no ground truth for the pixels."""


def pixel_scores(
    anomaly_map: Float[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"], box: tuple[slice, slice]
) -> PixelScores:
    """Split one map by its mask (True where anomalous); `box` are the rows and columns around the object."""
    anomalous, normal = split_by_label(anomaly_map, mask)
    boxed_anomalous, boxed_normal = split_by_label(anomaly_map[box], mask[box])
    return PixelScores(anomalous, region_weights(connected_regions(mask)), normal, boxed_anomalous, boxed_normal)


def image_metrics(images: Sequence[ScoredImage]) -> dict[str, Metric]:
    """Metrics of the image scores, over the images with a label."""
    labelled = [image for image in images if image.label is not None]
    scores = np.array([image.image_score for image in labelled], np.float64)
    curve = rank_curve(*split_by_label(scores, np.array([image.label for image in labelled], np.int64)))
    area = area_under_roc(curve)
    f1 = best_f1(curve) if area.value is not None else Metric(None, area.reason)
    return {"image_auroc": _in_words(area, "query"), "image_f1_max": _in_words(f1, "query")}


def pixel_metrics(images: Sequence[ScoredImage]) -> dict[str, Metric]:
    """Metrics of the maps, over the images with ground truth for their pixels, all images pooled."""
    pixels = [image.pixels for image in images if image.pixels is not None]

    def joined(name: str) -> Float[np.ndarray, " n"]:
        return np.concatenate([np.zeros(0, np.float32), *(getattr(part, name) for part in pixels)])

    anomalous, normal = joined("anomalous"), np.sort(joined("normal"))
    curve, regions = rank_curve(anomalous, normal), rank_curve(anomalous, normal, joined("weights"))
    boxed = rank_curve(joined("boxed_anomalous"), joined("boxed_normal"))
    answers = {
        "pixel_auroc": area_under_roc(curve),
        "seg_pixel_auroc": area_under_roc(boxed),
        "aupro": area_under_roc(regions, AUPRO_LIMIT),
        "pixel_ap": average_precision(curve),
        "pixel_f1_max": best_f1(curve),
    }
    return {name: _in_words(metric, "pixel with a ground-truth mask") for name, metric in answers.items()}


def evaluate(images: Sequence[ScoredImage]) -> dict[str, Any]:
    """All metrics, as they stand in `metrics.json`.

    Returns:
        `{"overall": FIGURES, "kinds": {kind: FIGURES}}`; a kind is measured against the normal queries. FIGURES holds
        the counts, every name of `METRIC_NAMES` with a number in [0, 1] or None, and `reasons`: name -> why it is None
    """
    kinds = sorted({image.kind for image in images if image.label})
    normal = [image for image in images if image.label == 0]
    return {
        "overall": _figures(images),
        "kinds": {kind: _figures([image for image in images if image.kind == kind], normal) for kind in kinds},
    }


def _figures(images: Sequence[ScoredImage], against: Sequence[ScoredImage] = ()) -> dict[str, Any]:
    """Counts of `images` and their metrics, together with those of `against`."""
    everything = [*images, *against]
    answers = {**image_metrics(everything), **pixel_metrics(everything)}
    missing = sum(image.label == 1 and image.pixels is None for image in images)
    return {
        "n": len(images),
        "n_anomalous": sum(image.label == 1 for image in images),
        "n_without_mask": missing,
        **{name: answers[name].value for name in METRIC_NAMES},
        "reasons": {name: answers[name].reason for name in METRIC_NAMES if answers[name].value is None},
    }


def _in_words(metric: Metric, of_what: str) -> Metric:
    """Name in the reason what there is none of."""
    return Metric(metric.value, metric.reason.replace("sample", of_what))
