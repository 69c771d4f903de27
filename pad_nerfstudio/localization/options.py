"""What the numbers among the options of localisation may be."""

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.option_ranges import Range, check_ranges

LOCALIZER_RANGES = {
    "hypotheses": Range(1),
    "more_hypotheses": Range(1),
    "rendered_views": Range(0),
    "finest_size": Range(32),
    "finest_renders": Range(0),
    "nearby_views": Range(0),
    "doubt": Range(0),
    "batch": Range(0),
    "tolerance": Range(0, exclusive=True),
}
"""Of `LocalizerConfig`; an image of less than 32 pixels says nothing of a pose."""

INVERSION_RANGES = {
    "steps": Range(0),
    "learning_rate": Range(0, exclusive=True),
    "decay": Range(0, exclusive=True),
    "rays": Range(1),
    "kernel": Range(1),
    "dilations": Range(0),
    "seed": Range(0, 2**63 - 1),
}
"""Of `InversionConfig`."""

SIFT_RANGES = {
    "views": Range(1),
    "ratio": Range(0, 1, exclusive=True),
    "reprojection": Range(0, exclusive=True),
    "least_matches": Range(4),
    "iterations": Range(1),
    "seed": Range(0, 2**31 - 1),
}
"""Of `SiftConfig`; four points are the fewest that settle a camera."""


def check_localizer_options(config: LocalizerConfig) -> None:
    """Check every number of a configuration.

    Raises:
        UserError: one lies where it means nothing, or weights are given to what has none
    """
    if config.weights is not None and config.retrieval != "efficientnet_b4":
        raise UserError(f"--weights {config.weights}: --retrieval {config.retrieval} has none; leave the option out")
    check_ranges(config, LOCALIZER_RANGES)
    check_ranges(config.inversion, INVERSION_RANGES, "--inversion.")
    check_ranges(config.sift, SIFT_RANGES, "--sift.")


def check_focal_option(intrinsics: Intrinsics, config: LocalizerConfig) -> None:
    """Raise a UserError where the focal length is to be estimated and nothing does so."""
    if intrinsics.optimize_focal and config.refine != "direct":
        raise UserError(f"--optimize-focal: needs --refine direct, not {config.refine}; leave one of them out")
