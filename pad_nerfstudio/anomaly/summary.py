"""What `metrics.json` says of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.outputs import QueryScore


def calibration_summary(calibration: Calibration, scores: Sequence[QueryScore]) -> dict[str, Any]:
    """The threshold, what backs it, and how many queries fall on each side."""
    verdicts = [calibration.is_anomalous(score.image_score) for score in scores]
    return {
        "threshold": calibration.threshold,
        "threshold_extrapolated": calibration.extrapolated,
        "false_positive_rate": calibration.false_positive_rate,
        "attained_false_positive_rate": calibration.attained_rate,
        "normal_views": int(calibration.normal_scores.size),
        "threshold_reason": calibration.reason,
        "verdicts": {
            "anomalous": verdicts.count(True),
            "normal": verdicts.count(False),
            "not_localised": sum(not score.converged for score in scores),
        },
    }


def field_summary(field: Any) -> dict[str, Any]:
    """Which trained field it was."""
    return {
        "preset": field.method,
        "seed": recorded_seed(field.config_path),
        "field": {"config": str(field.config_path), "checkpoint": str(field.checkpoint), "data": str(field.data_root)},
    }


def recorded_seed(config_path: Path) -> int | None:
    """The seed of the training run, read from the text of its config.yml; scoring itself draws no random number."""
    for line in config_path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.strip().partition(":")
        if name == "seed" and value.strip().isdecimal():
            return int(value)
    return None
