"""The progress bar of long work."""

from collections.abc import Iterable
from typing import Any


def tracked(items: Iterable[Any], description: str) -> Iterable[Any]:
    """Pass on the items, and show on a bar how many there have been; satisfies `Track`."""
    from rich.progress import track

    return track(items, description)
