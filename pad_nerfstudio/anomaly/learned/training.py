"""Training the comparator."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.anomaly.learned.evidence import evidence
from pad_nerfstudio.anomaly.learned.network import Comparator
from pad_nerfstudio.anomaly.learned.pairs import NormalPair, sample_batch

VISIBLE_AREA = 12
"""Fewest changed pixels of a crop that count as a defect to be found."""


@dataclass(frozen=True)
class TrainingSettings:
    """How the comparator is trained."""

    steps: int = 1500
    """Optimisation steps."""
    batch: int = 16
    """Crops a step."""
    side: int = 96
    """Side of a crop in pixels."""
    learning_rate: float = 2e-3
    """Highest learning rate of AdamW; it rises and falls once."""
    seed: int = 0
    """Decides weights, crops and defects."""


def loss_of(logits: Float[Tensor, "b s s"], changed: Float[Tensor, "b s s"]) -> Float[Tensor, ""]:
    """What is to become small: wrong pixels, missed defects however small, and crops judged wrongly as a whole.

    Cross-entropy of the pixels; one minus the Dice overlap of every crop with a defect, in which a small defect weighs
    as much as a large one; and cross-entropy of the highest logit, which is what images are ranked by. Crops in which
    almost nothing can be seen to have changed are left out of the latter two.
    """
    pixels = functional.binary_cross_entropy_with_logits(logits, changed)
    area = changed.sum(dim=(1, 2))
    seen, normal = area >= VISIBLE_AREA, area == 0
    chance = logits[seen].sigmoid()
    overlap = 2 * (chance * changed[seen]).sum(dim=(1, 2)) / (chance.sum(dim=(1, 2)) + area[seen]).clamp_min(1.0)
    missed = (1 - overlap).mean() if bool(seen.any()) else pixels.new_zeros(())
    highest = functional.avg_pool2d(logits, 3, stride=1).amax(dim=(1, 2))
    judged = functional.binary_cross_entropy_with_logits(highest, seen.float(), (seen | normal).float())
    return 4.0 * pixels + missed + 0.25 * judged


def train(
    pairs: Sequence[NormalPair],
    settings: TrainingSettings = TrainingSettings(),
    start: Comparator | None = None,
    track: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
) -> Comparator:
    """Train on normal views alone.

    Args:
        pairs: normal views beside their renderings
        settings: see there
        start: weights to begin with; random where not given
        track: shows the progress
    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    model = (start or Comparator()).requires_grad_(True).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, settings.steps, pct_start=0.15)
    for _ in track(range(settings.steps), "Training the comparator"):
        batch = sample_batch(pairs, settings.batch, settings.side, random)
        loss = loss_of(model(evidence(batch.query, batch.normal, batch.accumulation)), batch.changed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()
