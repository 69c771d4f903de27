"""What a score means, judged by normal views alone: conformal p-values and the threshold that goes with them."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.anomaly.tail import exponential_tail_threshold


@dataclass(frozen=True)
class Calibration:
    """Image scores of normal views that no fit has seen, and the false positive rate asked for."""

    normal_scores: Float[np.ndarray, " n"]
    """Image scores of held-out normal views, localised and rendered like queries."""
    false_positive_rate: float
    """Share of normal queries that may be called anomalous."""

    @property
    def threshold(self) -> float | None:
        """Scores above it are anomalous; None without normal views.

        The k-th smallest normal score with k = ceil((n + 1) (1 - rate)) keeps the rate in expectation for
        exchangeable views (Vovk et al., "Algorithmic Learning in a Random World", 2005, section 2). Where n is too
        small for the rate (n < 1 / rate - 1), the tail of the scores is extrapolated, see
        `exponential_tail_threshold`; where it is too small for that too, it is the largest normal score.
        """
        n = self.normal_scores.size
        if not n:
            return None
        if self._extrapolation is not None:
            return self._extrapolation
        # The small number keeps (n + 1) (1 - rate) from being rounded up past the integer it stands for.
        rank = math.ceil((n + 1) * (1.0 - self.false_positive_rate) - 1e-9)
        return float(np.sort(self.normal_scores)[min(max(rank, 1), n) - 1])

    @property
    def extrapolated(self) -> bool:
        """Whether the threshold rests on a model of the tail, not on counting normal views."""
        return self._extrapolation is not None

    @property
    def _extrapolation(self) -> float | None:
        """The threshold by the model of the tail; None where counting suffices or the model has too few views."""
        return exponential_tail_threshold(self.normal_scores, self.false_positive_rate) if self._too_few else None

    @property
    def _too_few(self) -> bool:
        """Whether there are normal views, but fewer than counting needs."""
        n = self.normal_scores.size
        return bool(n) and 1.0 / (n + 1) > self.false_positive_rate + 1e-9

    @property
    def attained_rate(self) -> float | None:
        """The false positive rate that counting backs; above the one asked for where views are too few."""
        n = self.normal_scores.size
        return max(self.false_positive_rate, 1.0 / (n + 1)) if n else None

    @property
    def backing(self) -> str:
        """What the threshold rests on, in a few words; empty without normal views."""
        n = self.normal_scores.size
        if not n:
            return ""
        if self.extrapolated:
            return f"at a false positive rate of {self.false_positive_rate:.2g} extrapolated from {n} normal views"
        return f"at a false positive rate of {self.attained_rate:.2g} by {n} normal views"

    @property
    def reason(self) -> str:
        """What the normal views cannot give; empty where they suffice."""
        n = self.normal_scores.size
        if not n:
            return "no held-out normal view: train with --eval-fraction above 0 to get a threshold and p-values"
        if self._too_few:
            needed = math.ceil(1.0 / self.false_positive_rate - 1e-9) - 1
            return (
                f"{n} held-out normal views back a false positive rate of {1.0 / (n + 1):.3f} at best; "
                f"{self.false_positive_rate:g} needs {needed}"
                + (f": the threshold is extrapolated from {n} views" if self.extrapolated else "")
            )
        return ""

    def p_value(self, score: float) -> float | None:
        """(1 + number of normal scores >= `score`) / (n + 1); None without normal views."""
        n = self.normal_scores.size
        return float(1 + np.count_nonzero(self.normal_scores >= score)) / (n + 1) if n else None

    def is_anomalous(self, score: float) -> bool | None:
        """Whether the score lies above the threshold; None without normal views."""
        threshold = self.threshold
        return None if threshold is None else score > threshold
