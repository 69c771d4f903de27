"""Physical parts of a test split: which there are, and how their images and masks are called."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

from bricks.settings import Settings


class PhysicalPart(NamedTuple):
    """One part that several photos show."""

    kind: str
    """`good`, or the kind of its defect."""
    name: str
    """Of its folder, unlike that of any other part."""
    views: tuple[str, ...]
    """Its images, relative to the class folder."""


def physical_parts(settings: Settings) -> list[PhysicalPart]:
    """All parts, those without defect first."""
    counts = {"good": settings.good_parts, **dict.fromkeys(settings.kinds, settings.defective_parts)}
    return [physical_part(kind, i, settings.part_views) for kind, count in counts.items() for i in range(count)]


def physical_part(kind: str, index: int, views: int) -> PhysicalPart:
    """The part of this kind and number."""
    name = f"{kind}-{index}"
    return PhysicalPart(kind, name, tuple(f"test/{kind}/{name}/{view}.png" for view in range(views)))


def mask_name(image: str) -> str:
    """`ground_truth/KIND/N_mask.png` of `test/KIND/N.png`; a part's folder stays where it is."""
    path = PurePosixPath(image)
    return str(PurePosixPath("ground_truth", *path.parts[1:-1], f"{path.stem}_mask.png"))
