"""A threshold beyond what was seen: the upper tail of few scores."""

import numpy as np
from jaxtyping import Float

LEAST = 8
"""Fewer scores than this say nothing about a tail."""


def exponential_tail_threshold(scores: Float[np.ndarray, " n"], rate: float) -> float | None:
    """The value that a further score exceeds with probability `rate`, were the tail above the median exponential.

    With m excesses over the median u of mean e, and a share p = m / n of scores above it, the threshold is
    u + m e ((p / rate)^(1 / m) - 1): for an exponential tail, this keeps the rate exactly when averaged over the scores
    that it was learnt from, as the ratio of a further excess to the mean of m others is F-distributed with 2 and 2m
    degrees of freedom. It is the quantile of a generalised Pareto tail of shape 1 / m, and more cautious than the
    exponential one with its scale taken as known (u + e log(p / rate)), to which it tends for many scores. A
    generalised Pareto tail with a fitted shape needs hundreds of excesses.

    Args:
        scores: one per normal view
        rate: in (0, 0.5)

    Returns:
        None where there are fewer than `LEAST` scores, or none exceeds the median, or `rate` is not in the tail
    """
    if scores.size < LEAST:
        return None
    median = float(np.median(scores))
    excesses = scores[scores > median] - median
    m = excesses.size
    if not m or rate >= m / scores.size:
        return None
    return median + m * float(excesses.mean()) * ((m / scores.size / rate) ** (1.0 / m) - 1.0)
