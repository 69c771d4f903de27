"""Connected regions of a ground-truth mask."""

import cv2
import numpy as np
from jaxtyping import Bool, Int


def connected_regions(mask: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Label the 8-connected regions of a mask 1, 2, ... and everything else 0."""
    _, regions = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return regions
