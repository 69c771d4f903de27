"""How high an object reaches, as far as its silhouettes tell."""

import numpy as np
from jaxtyping import Bool, Float, Int

from pad_nerfstudio.odd_one_out.laid_upon.cover_kernels import cover

UNTOLD = 0.004
"""Share of an object's pixels that what lies above its top may alone cover: noise of the outline."""
UNTOLD_ABOVE = 0.1
"""Share of the pixels of what lies above that it may alone cover: of the tip of a tall object, it is most."""


def needed_layers(
    points: Float[np.ndarray, "n 3"],
    layers: Int[np.ndarray, " n"],
    voxel: float,
    projections: Float[np.ndarray, "views 3 4"],
    silhouettes: Bool[np.ndarray, "views h w"],
) -> int:
    """The lowest layer of an object up to which its voxels cover hardly less of the silhouettes than all of them do.

    Whatever is higher lies before the rest in every view. On flat things without texture, or with
    highlights, which lie elsewhere in every view, it is often a hill that is not there.

    Args:
        points: middles of at least one voxel, with what they enclose
        layers: number of each one's layer, from the lowest, 0
        voxel: their side
        projections: world points to homogeneous pixels
        silhouettes: pixels that show objects
    """
    by_layer = [points[layers == layer] for layer in range(int(layers.max()) + 1)]
    own = silhouettes.astype(np.uint8)
    new_from_below = _newly_covered(by_layer, voxel, projections, own)
    new_from_above = _newly_covered(by_layer[::-1], voxel, projections, own)[::-1]
    alone = new_from_below.sum() - np.cumsum(new_from_below)
    above = new_from_above.sum() - np.cumsum(new_from_above)
    if not new_from_below.any():
        return len(by_layer) - 1
    untold = (alone <= UNTOLD * new_from_below.sum()) & (alone <= UNTOLD_ABOVE * above)
    return int(np.argmax(untold))


def _newly_covered(
    layers: list[Float[np.ndarray, "_ 3"]],
    voxel: float,
    projections: Float[np.ndarray, "views 3 4"],
    own: np.ndarray,
) -> Int[np.ndarray, " layers"]:
    """How many pixels each layer covers that none before it did."""
    stamps = np.zeros(own.shape, np.int32)
    return np.array([cover(layer, voxel / 2, projections, own, stamps, 1) for layer in layers])
