"""Random numbers that depend on names, not on order."""

from __future__ import annotations

import zlib

import numpy as np


def random_stream(seed: int, name: str, *key: str | int) -> np.random.Generator:
    """A generator that depends on its key alone, so that no image depends on which ones were rendered before it."""
    return np.random.default_rng([seed, *(zlib.crc32(str(k).encode()) for k in (name, *key))])
