"""Toys grown at random."""

import numpy as np
import pytest
from bricks.parts import PLATE, solids
from bricks.random_toys import random_toy
from bricks.toys import TOYS, toy_named


@pytest.mark.parametrize("number", range(8))
def test_every_part_touches_one_that_was_there_before(number: int) -> None:
    parts = random_toy(number).parts
    boxes = []
    for part in parts:
        vertices = np.concatenate([solid.vertices for solid in solids(part)])
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        touching = [np.all(low <= upper + 0.1) and np.all(high >= lower - 0.1) for lower, upper in boxes]
        assert not boxes or any(touching), part.name
        boxes.append((low, high))
    extent = np.max([high for _, high in boxes], axis=0) - np.min([low for low, _ in boxes], axis=0)
    assert extent.max() < 30 and extent.min() > 3 * PLATE


def test_a_number_is_one_toy() -> None:
    assert random_toy(3) == random_toy(3) == toy_named("random-3")
    assert random_toy(3) != random_toy(4)


def test_names() -> None:
    assert toy_named("crab") is TOYS["crab"]
    for unknown in (None, "", "unicorn", "random-", "random-x", "random--1"):
        assert toy_named(unknown) is None
