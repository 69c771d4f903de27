"""A judged scene held against what its metadata say of its objects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.scene_object import SceneObject
from pad_nerfstudio.odd_one_out.box_iou import box_iou, matched_boxes
from pad_nerfstudio.odd_one_out.judged_scene import JudgedScene

CORRECT_ABOVE = 0.5
"""Box IoU above which an object counts as found (Bhunia et al., section 4.3)."""


@dataclass(frozen=True, eq=False)
class ScoredObject:
    """An object that was found, or a true one that was missed."""

    number: int | None
    """From 1, in the order of `JudgedScene.objects`; None where it was missed."""
    bounds: Float[np.ndarray, "2 3"]
    """Its least and greatest coordinates in the scene's world, as found; the true ones where it was missed."""
    name: str | None
    """The true object whose box it overlaps; None where it overlaps none or the true boxes are unknown."""
    kind: str | None
    """Its kind of anomaly, `good` for a normal one, None where unknown."""
    label: int | None
    """1 anomalous, 0 normal, None where unknown."""
    score: float | None
    """Higher is less like the others; None where there is no verdict."""
    is_anomalous: bool | None
    """The verdict; None where there is none."""
    iou: float | None
    """Of its box with the true one; None where the true boxes are unknown."""
    correct: bool | None
    """Whether the box IoU is over 0.5 and the verdict right; None where the truth is unknown."""


@dataclass(frozen=True, eq=False)
class ScoredScene:
    """All objects of one scene, as judged with some of its views."""

    name: str
    """Unique among the scenes that are scored together."""
    views: tuple[int, ...]
    """Numbers of the views that were looked at."""
    objects: tuple[ScoredObject, ...]
    """Those found, in the order of `JudgedScene.objects`, then those missed."""
    count: int
    """How many objects the scene has: by the metadata, or as found where these tell none."""
    notes: tuple[str, ...]
    """Sentences of the method for the reader."""
    seconds: float
    """From the images to the verdicts."""


def scored_scene(name: str, judged: JudgedScene, truth: Sequence[SceneObject]) -> ScoredScene:
    """Hold a judged scene against the true boxes and labels, as far as they are known.

    Boxes are matched so that the sum of their IoU is greatest, each with one at most.

    Args:
        name: what the scene is called where several are scored
        judged: what a method says of it
        truth: what the metadata say; those without bounds can be neither matched nor missed
    """
    boxes = [known.bounds for known in truth]
    placed = [known for known in truth if known.bounds is not None]
    true_boxes = np.array([box for box in boxes if box is not None], np.float64).reshape(-1, 2, 3)
    found_boxes = np.array([found.bounds for found in judged.objects], np.float64).reshape(-1, 2, 3)
    iou = box_iou(found_boxes, true_boxes)
    partner = dict(matched_boxes(iou))
    rows = []
    for index, found in enumerate(judged.objects):
        known = placed[partner[index]] if index in partner else None
        overlap = (float(iou[index, partner[index]]) if known else 0.0) if placed else None
        rows.append(
            ScoredObject(
                number=index + 1,
                bounds=found.bounds,
                name=known.name if known else None,
                kind=known.kind if known else None,
                label=known.label if known else None,
                score=found.score,
                is_anomalous=found.is_anomalous,
                iou=overlap,
                correct=_is_correct(overlap, known, found.is_anomalous),
            )
        )
    for index, known in enumerate(placed):
        if index not in partner.values():
            unknown = None if known.label is None else False
            box = true_boxes[index]
            rows.append(ScoredObject(None, box, known.name, known.kind, known.label, None, None, 0.0, unknown))
    return ScoredScene(name, judged.views, tuple(rows), len(truth) or len(rows), judged.notes, judged.seconds)


def _is_correct(overlap: float | None, known: SceneObject | None, is_anomalous: bool | None) -> bool | None:
    """The rule of section 4.3; an object without verdict is not correct, nor is a box around nothing."""
    if overlap is None or (known is not None and known.label is None):
        return None
    return known is not None and overlap > CORRECT_ABOVE and is_anomalous == bool(known.label)
