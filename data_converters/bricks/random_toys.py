"""Toys that nobody drew: bricks grown at random around a core, to learn from without seeing the five animals."""

from __future__ import annotations

import numpy as np

from bricks.palette import COLOURS
from bricks.parts import Part, Shape
from bricks.toy import Toy

PREFIX = "random-"
"""Names are this and a whole number."""
CORE_PARTS, MORE_PARTS = 6, 18
DARK, LIGHT = ("black", "charcoal", "dark_grey", "dark_brown"), ("white", "light_grey", "tan", "grey")
SHAPES: tuple[Shape, ...] = ("box", "slope", "round", "cone", "ball")


def random_toy(number: int) -> Toy:
    """The toy of this number, the same every time.

    Every part overlaps or touches one that was there before, on one of its six sides. A fifth of the toys is almost all
    dark, a fifth almost all light, the others are coloured.
    """
    random = np.random.default_rng(number)
    colours = _colours(random)
    parts = [Part("core_0", "box", (0, 0, 0), (3, 3, 5), colours[0], core=True)]
    for index in range(1, CORE_PARTS + MORE_PARTS):
        is_core = index < CORE_PARTS
        neighbour = parts[int(random.integers(min(len(parts), CORE_PARTS)) if is_core else random.integers(len(parts)))]
        parts.append(_grown_on(neighbour, f"{'core' if is_core else 'part'}_{index}", is_core, colours, random))
    return Toy(f"{PREFIX}{number}", "grown at random", tuple(parts))


def _colours(random: np.random.Generator) -> list[str]:
    kind = random.random()
    few = list(DARK) if kind < 0.2 else list(LIGHT) if kind < 0.4 else list(COLOURS)
    chosen = [str(name) for name in random.choice(few, min(len(few), 6), replace=False)]
    accents = [str(name) for name in random.choice(list(COLOURS), 2)]
    return [*chosen, *chosen, *accents]


def _grown_on(neighbour: Part, name: str, is_core: bool, colours: list[str], random: np.random.Generator) -> Part:
    """A part whose body touches one side of its neighbour's, or reaches a little into it."""
    shape = "box" if is_core else SHAPES[int(random.choice(len(SHAPES), p=(0.45, 0.2, 0.15, 0.1, 0.1)))]
    wide, tall = ((2, 4), (2, 5)) if is_core else ((0.6, 3.5), (0.8, 5))
    size = np.array([random.uniform(*wide), random.uniform(*wide), random.uniform(*tall)])
    if not is_core and random.random() < 0.35:  # limbs, fins, tails
        size[:2] = np.clip(size[:2] * random.permutation([0.35, 1.0]), 0.4, None)
        size[2] *= random.uniform(1.0, 2.0)
    at, reach = np.array(neighbour.at, float), np.array(neighbour.size, float)
    axis, ahead = int(random.integers(3)), bool(random.integers(2))
    place = at + random.uniform(0.0, 1.0, 3) * reach - random.uniform(0.2, 0.8, 3) * size
    sunk = 0.15 * min(size[axis], reach[axis])
    place[axis] = at[axis] + reach[axis] - sunk if ahead else at[axis] - size[axis] + sunk
    turn = random.normal(0.0, 15.0, 3) if not is_core and random.random() < 0.4 else np.zeros(3)
    return Part(
        name,
        shape,
        tuple(float(v) for v in place),
        tuple(float(v) for v in size),
        str(random.choice(colours)),
        studs=bool(random.random() < 0.7),
        turn=tuple(float(v) for v in turn),
        core=is_core,
    )
