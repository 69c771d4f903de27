"""How many samples a training step keeps on a device, without asking the device in every step."""

import math

from jaxtyping import Bool
from torch import Tensor

HEADROOM = 1.25
"""Batches are random draws of thousands of rays: their numbers of samples differ by a few percent."""
LEAST = 4096
"""Samples that there is always room for, as small batches differ by more."""


class SampleRoom:
    """Counts the samples of one batch whenever the grid has changed, and gives those after it as much room.

    Which samples are kept follows from the grid's occupied cells and the rays, not from what is learnt, so the count
    holds until the cells change. A batch that needs more loses the samples of its last rays, which then teach nothing.
    """

    def __init__(self) -> None:
        self._cells: Tensor | None = None
        self._per_ray = 0.0

    def of(self, held: Bool[Tensor, "n l"], cells: Tensor) -> int:
        """Room for the samples of a batch.

        Args:
            held: which samples of each ray are kept
            cells: of the grid, by which the count is known again; asks the device only where they are others than
                last time
        """
        if cells is not self._cells:
            self._per_ray = HEADROOM * int(held.sum()) / len(held)
            self._cells = cells
        return min(max(math.ceil(self._per_ray * len(held)), LEAST), held.numel())
