"""How well two boxes agree, and which of two sets belong together."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment


def box_iou(first: Float[np.ndarray, "n 2 3"], second: Float[np.ndarray, "m 2 3"]) -> Float[np.ndarray, "n m"]:
    """Intersection over union of the volumes of axis-aligned boxes, each with each; 0 where both have none.

    Args:
        first: least and greatest coordinates of each box, any frame and unit
        second: others in the same frame and unit
    """
    least = np.maximum(first[:, None, 0], second[None, :, 0])
    greatest = np.minimum(first[:, None, 1], second[None, :, 1])
    shared = np.clip(greatest - least, 0.0, None).prod(axis=-1)
    volumes = [np.clip(boxes[:, 1] - boxes[:, 0], 0.0, None).prod(axis=-1) for boxes in (first, second)]
    union = volumes[0][:, None] + volumes[1][None] - shared
    return np.divide(shared, union, out=np.zeros_like(union), where=union > 0)


def matched_boxes(iou: Float[np.ndarray, "n m"]) -> list[tuple[int, int]]:
    """Pairs (row, column) with the greatest sum of `iou`, each box in one pair at most (Hungarian method).

    Boxes that do not overlap are no pair.
    """
    rows, columns = linear_sum_assignment(iou, maximize=True)
    return [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if iou[i, j] > 0]
