"""What is normal for a map, by name: the ways to learn it from held-out normal views and to divide maps by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.class_noise import ClassNoise, class_sums
from pad_nerfstudio.anomaly.cue_noise import CueNoise, cue_sums
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.errors import UserError


@runtime_checkable
class MapNoise(Protocol):
    """What maps of normal views look like."""

    def normalised(self, anomaly_map: Float[Tensor, "h w"], view: ExpectedView) -> Float[Tensor, "h w"]:
        """A map divided by what normal views show at such places."""
        ...

    def as_list(self) -> list[float]:
        """Its parameters, for a file."""
        ...


@dataclass(frozen=True)
class NoiseKind:
    """One way to learn what is normal."""

    observe: Callable[[Tensor, ExpectedView], Any]
    """Map of one normal view and the view -> what it teaches."""
    fit: Callable[[Sequence[Any]], MapNoise]
    """What one or more views teach -> the model; leaving a view out is leaving it out of the sequence."""
    restore: Callable[[Sequence[float]], MapNoise]
    """The inverse of `MapNoise.as_list`."""
    unit: str
    """What a value of 1 in a normalised map means."""


KINDS: Mapping[str, NoiseKind] = {
    "cues": NoiseKind(
        cue_sums, CueNoise.fitted, CueNoise.from_list, "the value expected of a normal view at such places"
    ),
    "classes": NoiseKind(
        class_sums, ClassNoise.fitted, ClassNoise.from_list, "one standard deviation of normal views at such places"
    ),
}
CALIBRATIONS = ("none", *KINDS)
"""The names that `--calibration` takes."""
PLAIN_UNIT = "the comparison's own unit"


def noise_kind(name: str) -> NoiseKind | None:
    """Look a calibration up; None for `none`.

    Raises:
        UserError: there is none of this name
    """
    if name not in CALIBRATIONS:
        raise UserError(f"--calibration {name}: no such calibration; choose one of {', '.join(CALIBRATIONS)}")
    return KINDS.get(name)
