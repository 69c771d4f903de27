"""The metrics of judged scenes: overall, by number of objects and by kind of anomaly."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pad_nerfstudio.anomaly.metrics import Metric, area_under_roc, rank_curve, split_by_label
from pad_nerfstudio.odd_one_out.scored_scene import CORRECT_ABOVE, ScoredObject, ScoredScene

METRIC_NAMES = ("auc", "accuracy", "mean_iou", "recall")
"""Every metric, in the order in which they are shown."""


def evaluate(scenes: Sequence[ScoredScene]) -> dict[str, Any]:
    """All metrics of scenes that were judged in one way, as they stand in `metrics.json`.

    Objects of all scenes are pooled (Bhunia et al., section 4.3: "calculated object-wise").

    Returns:
        `{"overall": FIGURES, "object_counts": {count: FIGURES}, "kinds": {kind: FIGURES}}`; a kind (`good` among
        them) is measured with its objects alone, its AUC against all normal objects. FIGURES holds counts, every name
        of `METRIC_NAMES` with a number in [0, 1] or None, `reasons`: name -> why it is None, and seconds for a scene
    """
    counts = sorted({scene.count for scene in scenes})
    everything = _pooled(scenes)
    normal = [found for found in everything if found.label == 0]
    kinds = sorted({found.kind for found in everything if found.kind is not None})
    return {
        "overall": _of_scenes(scenes),
        "object_counts": {str(n): _of_scenes([scene for scene in scenes if scene.count == n]) for n in counts},
        "kinds": {kind: figures([found for found in everything if found.kind == kind], normal) for kind in kinds},
    }


def figures(objects: Sequence[ScoredObject], against: Sequence[ScoredObject] = ()) -> dict[str, Any]:
    """Counts and metrics of objects; only the AUC also reads those of `against`."""
    true = [found for found in objects if found.name is not None]
    answers = {
        "auc": _auc([*objects, *against]),
        "accuracy": _accuracy(true),
        "mean_iou": _mean_iou(objects, true),
        "recall": _recall(objects, true),
    }
    return {
        "n_objects": len(true),
        "n_anomalous": sum(found.label == 1 for found in true),
        "n_found": sum(found.number is not None for found in objects),
        "n_missed": sum(found.number is None for found in objects),
        "n_false": sum(found.name is None and found.iou is not None for found in objects),
        "n_without_verdict": sum(found.number is not None and found.is_anomalous is None for found in objects),
        **{name: answers[name].value for name in METRIC_NAMES},
        "reasons": {name: answers[name].reason for name in METRIC_NAMES if answers[name].value is None},
    }


def _of_scenes(scenes: Sequence[ScoredScene]) -> dict[str, Any]:
    seconds = float(np.mean([scene.seconds for scene in scenes])) if scenes else None
    return {"n_scenes": len(scenes), **figures(_pooled(scenes)), "seconds_per_scene": seconds}


def _pooled(scenes: Sequence[ScoredScene]) -> list[ScoredObject]:
    return [found for scene in scenes for found in scene.objects]


def _auc(objects: Sequence[ScoredObject]) -> Metric:
    """How often an anomalous object scores above a normal one; over objects with a true label and a score."""
    known = [(found.score, found.label) for found in objects if found.score is not None and found.label is not None]
    if not known:
        return Metric(None, "no object with a label and a score")
    scores, labels = np.array(known, np.float64).T
    area = area_under_roc(rank_curve(*split_by_label(scores, labels)))
    return Metric(area.value, area.reason.replace("sample", "object with a label and a score"))


def _accuracy(true: Sequence[ScoredObject]) -> Metric:
    """Share of the true objects with a label that were found with the right verdict."""
    labelled = [found for found in true if found.label is not None]
    if not labelled:
        return Metric(None, "no object with a label and bounds in the metadata")
    return Metric(sum(found.correct is True for found in labelled) / len(labelled))


def _mean_iou(objects: Sequence[ScoredObject], true: Sequence[ScoredObject]) -> Metric:
    """Mean over the true objects that a found box overlaps; those missed are the recall's business."""
    overlaps = [found.iou for found in true if found.number is not None and found.iou is not None]
    if not overlaps:
        return Metric(None, _no_pair(objects))
    return Metric(float(np.mean(overlaps)))


def _recall(objects: Sequence[ScoredObject], true: Sequence[ScoredObject]) -> Metric:
    """Share of the true objects that were found with an IoU over 0.5."""
    if not true:
        return Metric(None, _no_pair(objects))
    return Metric(sum(found.iou is not None and found.iou > CORRECT_ABOVE for found in true) / len(true))


def _no_pair(objects: Sequence[ScoredObject]) -> str:
    if any(found.iou is not None for found in objects):
        return "no true object is overlapped by a box that was found"
    return "no object with bounds in the metadata"
