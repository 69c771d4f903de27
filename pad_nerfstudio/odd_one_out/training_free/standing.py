"""What stands on the floor, and what only hangs in the air."""

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

ABOVE = 0.5
"""Share of what hangs in the air, seen from above, that is above what stands, from which on it belongs to that."""


def standing(matter: Bool[np.ndarray, "x y z"], low: int) -> Bool[np.ndarray, "x y z"]:
    """Without connected pieces that hang in the air, which few photos leave undecided; torn objects are kept whole.

    Args:
        matter: voxels, z upwards
        low: pieces with a voxel below this height stand
    """
    numbers = np.zeros(matter.shape, np.int32)
    count = int(ndimage.label(matter, np.ones((3, 3, 3)), output=numbers))  # type: ignore[arg-type]
    stands = np.zeros(count + 1, bool)
    stands[np.unique(numbers[:, :, :low])] = True
    stands[0] = False
    footprint = stands[numbers].any(axis=2)
    for number, where in enumerate(ndimage.find_objects(numbers), start=1):
        if where is not None and not stands[number]:
            below = footprint[where[:2]][(numbers[where] == number).any(axis=2)]
            stands[number] = below.mean() >= ABOVE
    return stands[numbers]
