"""Colours of the plastic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLOURS: dict[str, str] = {
    "black": "17181a",
    "charcoal": "2a2c30",
    "dark_grey": "4d5156",
    "grey": "a3a6a9",
    "light_grey": "bfc2c4",
    "white": "e6e6e3",
    "red": "c01f1c",
    "dark_red": "74161a",
    "orange": "e3701a",
    "yellow": "f2c21c",
    "lime": "9cc32a",
    "green": "1f8a3c",
    "dark_green": "145034",
    "teal": "148f95",
    "blue": "1757b0",
    "sky": "5ea9dc",
    "purple": "6a3a94",
    "pink": "e68aae",
    "tan": "dcc294",
    "dark_tan": "9a845c",
    "brown": "65391f",
    "dark_brown": "3a2318",
    "nougat": "c98a5b",
}
"""sRGB, hexadecimal."""


def srgb(name: str) -> NDArray[np.float64]:
    """Colour [3] in sRGB, 0 to 1."""
    return np.array([int(COLOURS[name][i : i + 2], 16) for i in (0, 2, 4)]) / 255
