"""The ways to compare a query with its reference, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.feature_error import FeatureError
from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.learned.comparison import SHIPPED, LearnedComparison, read_comparator
from pad_nerfstudio.anomaly.squared_error import squared_error
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.named import extractor_named
from pad_nerfstudio.models.rendering import Renderings

Comparison = Callable[
    [Float[Tensor, "*batch h w 3"], Renderings, Float[Tensor, "*batch k h w 3"]], Float[Tensor, "*batch h w"]
]
"""Query colours in [0, 1], the normal object seen by its camera, other colours that may have -> anomaly map; of one
query, or of several of one size at once."""


@dataclass(frozen=True)
class FeatureOptions:
    """What comparisons by features or by a network need besides their name."""

    extractor: str = "descriptors"
    """Name of the feature extractor, see `EXTRACTORS`."""
    weights: Path | None = None
    """File with its network's weights."""
    shift: int = 0
    """See `FeatureError.shift`."""
    network: Path | None = None
    """File of a comparator; None for the one that comes with this package."""


BY_COLOR: Mapping[str, Comparison] = {"lab-envelope": lab_envelope, "squared-error": squared_error}
BY_FEATURES = {
    "feature-layers": partial(FeatureError, how="layers"),
    "feature-stacked": partial(FeatureError, how="stacked"),
    "feature-product": partial(FeatureError, how="product"),
}
LEARNED = "learned"
COMPARISONS = (*BY_COLOR, LEARNED, *BY_FEATURES)
"""The names that `--comparison` takes."""
WITH_ALTERNATIVES = ("lab-envelope", LEARNED)
"""Those that use what nearby training photos say of the reference."""


def comparison_named(name: str, options: FeatureOptions | None = None) -> Comparison:
    """Look a comparison up.

    Args:
        name: one of `COMPARISONS`
        options: for those by features

    Raises:
        UserError: there is none of this name, no such extractor, or no weights for it
    """
    options = options or FeatureOptions()
    if name in BY_COLOR:
        if options != FeatureOptions(network=options.network):
            raise UserError(f"--comparison {name}: compares colours; leave --extractor, --weights and --shift out")
        return BY_COLOR[name]
    if name == LEARNED:
        if options != FeatureOptions(network=options.network):
            raise UserError("--comparison learned: takes --network; leave --extractor, --weights and --shift out")
        return LearnedComparison(read_comparator(options.network or SHIPPED))
    if name not in BY_FEATURES:
        raise UserError(f"--comparison {name}: no such comparison; choose one of {', '.join(COMPARISONS)}")
    return BY_FEATURES[name](extractor_named(options.extractor, options.weights), shift=options.shift)
