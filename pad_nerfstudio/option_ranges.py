"""Checking that numbers given as options lie where they mean something, before anything long begins."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pad_nerfstudio.errors import UserError


@dataclass(frozen=True)
class Range:
    """The numbers that an option may be."""

    least: float
    """The least of them."""
    most: float = math.inf
    """The largest of them."""
    exclusive: bool = False
    """Whether `least` and `most` themselves are left out."""

    def __contains__(self, value: float) -> bool:
        if self.exclusive:
            return self.least < value < self.most
        return self.least <= value <= self.most

    def __str__(self) -> str:
        upwards = self.most == math.inf
        if self.exclusive:
            return f"a finite number above {self.least}" if upwards else f"one between {self.least} and {self.most}"
        return f"{self.least} or more" if upwards else f"{self.least} to {self.most}"


def check_ranges(options: object, ranges: Mapping[str, Range], prefix: str = "--") -> None:
    """Check the attributes of `options` that `ranges` names.

    Args:
        options: a dataclass of options
        ranges: attribute -> what it may be
        prefix: what stands before the attribute on the command line

    Raises:
        UserError: one of them lies outside its range
    """
    for name, allowed in ranges.items():
        value = getattr(options, name)
        if value not in allowed:
            raise UserError(f"{prefix}{name.replace('_', '-')} {value}: out of range; give {allowed}")
