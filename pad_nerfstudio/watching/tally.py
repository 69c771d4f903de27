"""How a watch stands, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from pad_nerfstudio.watching.journal import Entry


@dataclass(frozen=True)
class Tally:
    """Counts of finished photos."""

    normal: int
    """Score not above the threshold."""
    anomalous: int
    """Score above it."""
    unjudged: int
    """Scored without a threshold."""
    failed: int
    """Could not be scored."""
    not_localised: int
    """Among the scored: those whose score comes from the best pose found."""

    def __str__(self) -> str:
        total = self.normal + self.anomalous + self.unjudged + self.failed
        unjudged = f", {self.unjudged} without verdict" if self.unjudged else ""
        lost = f" ({self.not_localised} scored without a trustworthy pose)" if self.not_localised else ""
        counts = f"{self.normal} normal, {self.anomalous} anomalous, {self.failed} failed"
        return f"{total} photos: {counts}{unjudged}{lost}"


def tally(entries: Sequence[Entry]) -> Tally:
    """Count photos; of one that was overwritten, only its last state counts."""
    lines = list({entry.path: entry.line for entry in entries}.values())
    verdicts = [line["is_anomalous"] for line in lines if "error" not in line]
    return Tally(
        normal=verdicts.count(False),
        anomalous=verdicts.count(True),
        unjudged=verdicts.count(None),
        failed=len(lines) - len(verdicts),
        not_localised=sum(line.get("converged") is False for line in lines),
    )
