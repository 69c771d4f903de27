"""What one run of `ns-pad-score` found, as the report reads it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.evaluation import Curves
from pad_nerfstudio.anomaly.outputs import OutputFolder, QueryScore
from pad_nerfstudio.anomaly.overlay import map_limit
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.short_number import short_number


@dataclass(frozen=True)
class Residuals:
    """How well the queries agree with the field at their poses."""

    values: Mapping[str, float] = field(default_factory=dict)
    """file_path -> residual in [0, 1], of the queries whose residual is known."""
    limit: float | None = None
    """The residual up to which a pose counts as found; None where it is unknown or differs between queries."""

    @classmethod
    def of(cls, queries: Sequence[PosedPhoto]) -> "Residuals":
        """Those that localisation left on record."""
        limits = {query.residual_limit for query in queries}
        values = {query.file_path: query.residual for query in queries if query.residual is not None}
        return cls(values, limits.pop() if len(limits) == 1 else None)


@dataclass(frozen=True, eq=False)
class ScoringRun:
    """The scores of all queries, and what `metrics.json` says of them."""

    output: OutputFolder
    """Where the maps, references and overlays lie."""
    scores: Sequence[QueryScore]
    """One per query, in the order of the queries."""
    calibration: Calibration
    """The normal views behind the threshold."""
    summary: Mapping[str, Any]
    """The content of `metrics.json`."""
    notes: Sequence[str] = ()
    """Sentences that the user should read, on what was left out."""
    curves: Mapping[str, Curves] = field(default_factory=dict)
    """`all`, then every kind of defect -> the curves behind its metrics."""
    residuals: Residuals = field(default_factory=Residuals)
    """Of the poses."""

    @property
    def sentences(self) -> list[str]:
        """Everything that the user should know before trusting the figures."""
        lost = sum(not score.converged for score in self.scores)
        without_mask = self.summary["overall"]["n_without_mask"]
        found = [f"{lost} queries were not localised; their scores come from the best pose found"] if lost else []
        found += self._of_backgrounds()
        if without_mask:
            found.append(f"{without_mask} anomalous queries have no mask and are left out of the pixel metrics")
        return [*self.notes, *found, *([self.calibration.reason] if self.calibration.reason else [])]

    def _of_backgrounds(self) -> list[str]:
        counts = Counter(score.background for score in self.scores)
        other, unknown = counts["other"], counts["unknown"]
        found = []
        if other + unknown:
            found.append(
                f"{other + unknown} queries show another background than the training photos: their maps are 0 away "
                "from the object"
            )
        if unknown:
            found.append(
                f"the background of {unknown} queries is not even: of them, only what lies within the object's outline "
                "is compared, and nothing that sticks out of it; give masks to ns-pad-localize by --query-masks"
            )
        return found

    @property
    def verdict(self) -> str:
        """How many queries are anomalous, in a sentence."""
        counts, threshold = self.summary["verdicts"], self.calibration.threshold
        if threshold is None:
            return f"{len(self.scores)} queries scored, none judged: there is no threshold"
        return (
            f"{counts['anomalous']} of {len(self.scores)} queries are anomalous: "
            f"score above {short_number(threshold)}, the threshold {self.calibration.backing}"
        )

    @property
    def map_limit(self) -> float:
        """Value of the maps that is drawn in full colour: twice the threshold, or the highest score without one."""
        return map_limit(self.calibration.threshold, max((score.image_score for score in self.scores), default=1.0))
