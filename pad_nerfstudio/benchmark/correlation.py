"""How two figures go together over the classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEAST_CLASSES = 3
"""With fewer, any two figures are perfectly correlated."""


@dataclass(frozen=True)
class Correlation:
    """Correlation coefficients and the probability of such ones by chance."""

    n: int
    """Number of classes."""
    pearson: float | None = None
    """Of a straight line."""
    pearson_p: float | None = None
    """Two-sided."""
    spearman: float | None = None
    """Of the ranks."""
    spearman_p: float | None = None
    """Two-sided."""
    reason: str = ""
    """Why there are none."""


def correlate(xs: Sequence[float | None], ys: Sequence[float | None]) -> Correlation:
    """Correlate the pairs in which both figures are known."""
    from scipy.stats import pearsonr, spearmanr

    pairs = [(x, y) for x, y in zip(xs, ys, strict=True) if x is not None and y is not None]
    if len(pairs) < LEAST_CLASSES:
        return Correlation(len(pairs), reason=f"known for {len(pairs)} classes, {LEAST_CLASSES} are needed")
    x, y = zip(*pairs, strict=True)
    if len(set(x)) == 1 or len(set(y)) == 1:
        return Correlation(len(pairs), reason="one of both is the same for all classes")
    line: Any = pearsonr(x, y)
    ranks: Any = spearmanr(x, y)
    p_values = float(line.pvalue), float(ranks.pvalue)
    return Correlation(len(pairs), float(line.statistic), p_values[0], float(ranks.statistic), p_values[1])
