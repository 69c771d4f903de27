"""Occupied voxels as separate pieces."""

import numpy as np

from pad_nerfstudio.odd_one_out.training_free.pieces import separate_pieces


def blocks(count: int, gap: int) -> np.ndarray:
    occupied = np.zeros((count * (12 + gap) + 2, 14, 12), bool)
    for number in range(count):
        occupied[1 + number * (12 + gap) :][:12, 1:13, 1:11] = True
    return occupied


def test_pieces_that_stand_apart() -> None:
    pieces = separate_pieces(blocks(3, gap=3))
    assert sorted(len(piece) for piece in pieces) == [1440] * 3


def test_a_bridge_between_two_of_three_is_cut() -> None:
    occupied = blocks(3, gap=3)
    occupied[13:16, 6:8, 5:7] = True
    pieces = separate_pieces(occupied)
    assert len(pieces) == 3 and sum(len(piece) for piece in pieces) == occupied.sum()


def test_an_object_in_two_parts_beside_whole_ones_is_joined() -> None:
    occupied = blocks(3, gap=6)
    occupied[6:7] = False
    assert len(separate_pieces(occupied)) == 3


def test_nothing_occupied() -> None:
    assert separate_pieces(np.zeros((4, 4, 4), bool)) == []
