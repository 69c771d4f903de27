"""Colour spaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_linear(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB 0..1 to linear light 0..1."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
