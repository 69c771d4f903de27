"""From how much objects differ that are laid upon each other to one logit each."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pad_nerfstudio.odd_one_out.laid_upon.measures import FLOORS

START, RARE = 0.7, -1.5
"""Weight of each measure and the logit of an object that differs as all do, before anything is learnt."""
SCALE = 4.0
"""Weights are learnt in units of its inverse, so that some hundred steps can change them."""


class SurfaceComparison(nn.Module):
    """Weighs how much more each object differs from the others than is usual in its scene.

    Not in the paper, whose attention must learn from thousands of scenes which voxels correspond and what is unusual.
    Here objects are laid upon each other shape upon shape, an object's measure is the median over the others, and only
    how far it is above that of the most alike half is weighed: noise of the reconstruction, gloss and size weigh on all
    objects of a scene alike.
    """

    def __init__(self) -> None:
        """Set up so that all measures weigh the same until more is learnt."""
        super().__init__()
        self.weigh = nn.Linear(len(FLOORS), 1)
        nn.init.constant_(self.weigh.weight, START / SCALE)
        nn.init.constant_(self.weigh.bias, RARE)

    def forward(self, measures: Float[Tensor, "n n measures"]) -> Float[Tensor, " n"]:
        """Logits to be anomalous.

        Args:
            measures: logarithms of how much each two differ, see `measures_of`; at least one object
        """
        n = len(measures)
        if n == 1:
            return self.weigh.bias
        others = ~torch.eye(n, dtype=torch.bool, device=measures.device)
        own = measures[others].view(n, n - 1, -1).quantile(0.5, dim=1)
        alike = own.sort(dim=0).values[: max(2, (n + 1) // 2)]
        return self.weigh(SCALE * (own - alike.quantile(0.5, dim=0)))[:, 0]
