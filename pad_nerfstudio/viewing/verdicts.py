"""Verdicts under a threshold that the user moves."""

from collections.abc import Sequence

from pad_nerfstudio.viewing.scored_run import ScoredQuery

ANOMALOUS, NORMAL, NO_VERDICT = "anomalous", "normal", "no verdict"
COLORS = {ANOMALOUS: (240, 139, 75), NORMAL: (106, 165, 234), NO_VERDICT: (154, 154, 147)}
"""RGB of each verdict, as in the dark report."""


def verdict(score: float, threshold: float | None) -> str:
    """Scores above the threshold are anomalous; without one there is no verdict."""
    if threshold is None:
        return NO_VERDICT
    return ANOMALOUS if score > threshold else NORMAL


def verdicts(queries: Sequence[ScoredQuery], threshold: float | None) -> list[str]:
    """The verdict of each query."""
    return [verdict(query.score, threshold) for query in queries]


def changed(before: Sequence[str], after: Sequence[str]) -> list[int]:
    """Numbers of the queries whose verdict is another one."""
    return [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]


def color_of(query: ScoredQuery, threshold: float | None) -> tuple[int, int, int]:
    """RGB of a query's camera: its verdict's, gray where it was not localised and its camera may stand elsewhere."""
    return COLORS[verdict(query.score, threshold) if query.converged else NO_VERDICT]


def summary(queries: Sequence[ScoredQuery], threshold: float | None) -> str:
    """How many queries are anomalous, in a sentence."""
    if threshold is None:
        return f"{len(queries)} queries and no threshold: move the slider to set one"
    count = verdicts(queries, threshold).count(ANOMALOUS)
    return f"{count} of {len(queries)} queries anomalous: score above {threshold:.4g}"


def list_entries(queries: Sequence[ScoredQuery], threshold: float | None) -> list[str]:
    """A line for each query, each another one: rank, verdict, score and name."""
    return [
        f"{rank} {verdict(query.score, threshold)} {query.score:.4g} {query.file_path.removeprefix('test/')}"
        for rank, query in enumerate(queries, start=1)
    ]


def rank_of(entry: str) -> int:
    """Number, from 0, of the query that a line of `list_entries` is about."""
    return int(entry.split(" ", 1)[0]) - 1
