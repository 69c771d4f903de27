"""The folder that a scoring run leaves behind, whatever it has scored."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """The files that every scoring run writes."""

    root: Path
    """The folder given as `--output-dir`."""

    @property
    def metrics_path(self) -> Path:
        """The metrics."""
        return self.root / "metrics.json"

    @property
    def report_path(self) -> Path:
        """The report."""
        return self.root / "report.html"
