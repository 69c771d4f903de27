"""The metrics of a scored test set and the curves behind them, per kind of defect and overall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.anomaly.metrics import (
    Metric,
    RankCurve,
    area_under_roc,
    average_precision,
    best_f1,
    precision_recall,
    rank_curve,
    region_weights,
    roc,
    split_by_label,
    up_to,
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


Curve = tuple[np.ndarray, np.ndarray]
"""The points of a polyline: n ascending x, and n y."""

CURVE_STEPS = 1000
"""Points of a curve that differ by less than one of so many steps from their neighbour are left out."""


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


@dataclass(frozen=True)
class Rankings:
    """The ranked samples of some queries: all that metrics and curves read."""

    images: RankCurve
    """Image scores of the queries with a label."""
    pixels: RankCurve
    """Pixels of the queries with ground truth, pooled."""
    regions: RankCurve
    """The same with equal weight for every region."""
    boxed: RankCurve
    """The same pixels inside the objects' bounding boxes only."""


@dataclass(frozen=True)
class Curves:
    """The curves behind the metrics, as fine as a drawing can show; None where the data cannot give one."""

    roc: Curve | None
    """False and true positive rate of the queries: `image_auroc` is the area under it."""
    precision_recall: Curve | None
    """Recall and precision of the queries."""
    pixel_precision_recall: Curve | None
    """Recall and precision of the pixels: `pixel_ap` is the area under its steps."""
    overlap: Curve | None
    """False positive rate of the pixels up to `AUPRO_LIMIT` and mean overlap of the regions: `aupro` is the area under
    it, divided by that limit."""


@dataclass(frozen=True)
class Evaluation:
    """What a scored test set says of the method."""

    figures: dict[str, Any]
    """All metrics, as they stand in `metrics.json`: `{"overall": FIGURES, "kinds": {kind: FIGURES}}`. FIGURES holds
    the counts, every name of `METRIC_NAMES` with a number in [0, 1] or None, and `reasons`: name -> why it is None."""
    curves: dict[str, Curves]
    """`all`, then every kind -> its curves."""


def evaluate(images: Sequence[ScoredImage]) -> Evaluation:
    """All metrics and curves; a kind is measured against the normal queries."""
    kinds = sorted({image.kind for image in images if image.label})
    normal = [image for image in images if image.label == 0]
    groups = {kind: [image for image in images if image.kind == kind] for kind in kinds}
    overall, curves = _evaluated(images)
    found = {kind: _evaluated(members, normal) for kind, members in groups.items()}
    return Evaluation(
        {"overall": overall, "kinds": {kind: figures for kind, (figures, _) in found.items()}},
        {"all": curves, **{kind: its_curves for kind, (_, its_curves) in found.items()}},
    )


def rankings(images: Sequence[ScoredImage]) -> Rankings:
    """Rank the samples of some queries."""
    labelled = [image for image in images if image.label is not None]
    scores = np.array([image.image_score for image in labelled], np.float64)
    pixels = [image.pixels for image in images if image.pixels is not None]

    def joined(name: str) -> Float[np.ndarray, " n"]:
        return np.concatenate([np.zeros(0, np.float32), *(getattr(part, name) for part in pixels)])

    anomalous, normal = joined("anomalous"), np.sort(joined("normal"))
    return Rankings(
        images=rank_curve(*split_by_label(scores, np.array([image.label for image in labelled], np.int64))),
        pixels=rank_curve(anomalous, normal),
        regions=rank_curve(anomalous, normal, joined("weights")),
        boxed=rank_curve(joined("boxed_anomalous"), joined("boxed_normal")),
    )


def metrics_of(ranked: Rankings) -> dict[str, Metric]:
    """Every metric of `METRIC_NAMES`."""
    image_auroc = area_under_roc(ranked.images)
    of_images = {
        "image_auroc": image_auroc,
        "image_f1_max": best_f1(ranked.images) if image_auroc.value is not None else image_auroc,
    }
    of_pixels = {
        "pixel_auroc": area_under_roc(ranked.pixels),
        "seg_pixel_auroc": area_under_roc(ranked.boxed),
        "aupro": area_under_roc(ranked.regions, AUPRO_LIMIT),
        "pixel_ap": average_precision(ranked.pixels),
        "pixel_f1_max": best_f1(ranked.pixels),
    }
    return {
        **{name: _in_words(metric, "query") for name, metric in of_images.items()},
        **{name: _in_words(metric, "pixel with a ground-truth mask") for name, metric in of_pixels.items()},
    }


def curves_of(ranked: Rankings) -> Curves:
    """The curves that the samples can give."""
    both = bool(len(ranked.images.thresholds) and ranked.images.normal_total)
    masks = bool(len(ranked.pixels.thresholds) and ranked.pixels.normal_total)
    return Curves(
        roc=_thinned(*roc(ranked.images)) if both else None,
        precision_recall=_thinned(*precision_recall(ranked.images)) if both else None,
        pixel_precision_recall=_thinned(*precision_recall(ranked.pixels)) if masks else None,
        overlap=_thinned(*up_to(AUPRO_LIMIT, *roc(ranked.regions))) if masks else None,
    )


def _evaluated(images: Sequence[ScoredImage], against: Sequence[ScoredImage] = ()) -> tuple[dict[str, Any], Curves]:
    """Counts of `images`, and their metrics and curves together with `against`."""
    ranked = rankings([*images, *against])
    answers = metrics_of(ranked)
    figures = {
        "n": len(images),
        "n_anomalous": sum(image.label == 1 for image in images),
        "n_without_mask": sum(image.label == 1 and image.pixels is None for image in images),
        **{name: answers[name].value for name in METRIC_NAMES},
        "reasons": {name: answers[name].reason for name in METRIC_NAMES if answers[name].value is None},
    }
    return figures, curves_of(ranked)


def _in_words(metric: Metric, of_what: str) -> Metric:
    """Name in the reason what there is none of."""
    return Metric(metric.value, metric.reason.replace("sample", of_what))


def _thinned(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> Curve:
    """Without the points that lie in one step of `CURVE_STEPS` with the point before and the point behind them."""
    steps = np.stack([np.round(x * CURVE_STEPS / x[-1]), np.round(y * CURVE_STEPS)])
    moves = np.any(np.diff(steps, axis=1) != 0, axis=0)
    kept = np.ones(len(x), bool)
    kept[1:-1] = moves[:-1] | moves[1:]
    return x[kept], y[kept]
