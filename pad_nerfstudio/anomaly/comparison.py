"""The ways to compare a query with its reference, by name."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.squared_error import squared_error
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.rendering import Rendering

Comparison = Callable[[Float[Tensor, "h w 3"], Rendering, Float[Tensor, "k h w 3"]], Float[Tensor, "h w"]]
"""Query colours in [0, 1], the normal object seen by its camera, other colours that may have -> anomaly map."""

COMPARISONS: Mapping[str, Comparison] = {"lab-envelope": lab_envelope, "squared-error": squared_error}
"""Every comparison by the name that `--comparison` takes."""


def comparison_named(name: str) -> Comparison:
    """Look a comparison up.

    Raises:
        UserError: there is none of this name
    """
    if name not in COMPARISONS:
        raise UserError(f"--comparison {name}: no such comparison; choose one of {', '.join(COMPARISONS)}")
    return COMPARISONS[name]
