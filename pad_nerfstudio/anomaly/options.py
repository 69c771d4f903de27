"""What the numbers among the options of scoring may be."""

from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.option_ranges import Range, check_ranges

SCORING_RANGES = {"false_positive_rate": Range(0, 1, exclusive=True), "nearby_views": Range(0)}
"""Of `ScoringSettings`."""


def check_scoring_options(settings: ScoringSettings) -> None:
    """Check every number of the settings.

    Raises:
        UserError: one lies where it means nothing
    """
    check_ranges(settings, SCORING_RANGES)
    check_ranges(settings.features, {"shift": Range(0, 8)})
