"""Exposure and white balance of one photo, as they differ from the common look of all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PhotoLight:
    """A photo shows `gain * colour + bias` of what has a colour in the common look; see `in_common_look`."""

    gain: tuple[float, float, float]
    """Factor on each of R, G, B."""
    bias: tuple[float, float, float]
    """Added to each of R, G, B in [0, 1]."""
