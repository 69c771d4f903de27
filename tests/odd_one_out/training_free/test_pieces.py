"""Occupied voxels as separate pieces."""

import numpy as np
from scipy import ndimage

from pad_nerfstudio.odd_one_out.training_free.pieces import closed, filled_slices, separate_pieces

BALL = np.square(np.indices((9, 9, 9)) - 4).sum(axis=0) <= 16


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
    occupied[4:5] = False
    assert len(separate_pieces(occupied)) == 3


def test_nothing_occupied() -> None:
    assert separate_pieces(np.zeros((4, 4, 4), bool)) == []


def test_strays_far_from_denser_cores_are_left_out() -> None:
    occupied = blocks(3, gap=6)
    denser = occupied.copy()
    occupied[13:19, 6, 5] = True  # a thin bridge from the first to the second
    occupied[31:37, 6, 5] = True
    pieces = separate_pieces(occupied, [denser])
    assert len(pieces) == 3
    assert sum(len(piece) for piece in pieces) == occupied.sum(), "bridges are within reach of their ends"


def test_two_touching_pairs_are_four() -> None:
    occupied = blocks(4, gap=4)
    for start in (13, 45):
        occupied[start : start + 4, 5:9, 4:7] = True
    assert len(separate_pieces(occupied)) == 4


def test_slices_are_filled() -> None:
    shell = np.zeros((8, 8, 4), bool)
    shell[1:7, 1:7, 1:3] = True
    shell[2:6, 2:6] = False
    filled = filled_slices(shell)
    assert filled[1:7, 1:7, 1:3].all() and filled.sum() == 72


def test_closing_fills_what_a_ball_cannot_enter() -> None:
    occupied = np.zeros((20, 12, 12), bool)
    occupied[2:8, 2:10, 2:10] = occupied[11:17, 2:10, 2:10] = True
    assert not closed(occupied, 1)[9].any(), "a slit of three voxels lets a ball of radius 1 in"
    wide = closed(occupied, 4)
    assert wide[9, 5, 5] and (wide >= occupied).all()
    expected = np.asarray(ndimage.binary_closing(np.pad(occupied, 6), BALL))[6:-6, 6:-6, 6:-6]
    assert (closed(occupied, 4) == expected).all()


def test_torn_surfaces_are_closed_before_they_are_divided() -> None:
    occupied = np.zeros((120, 26, 14), bool)
    for number, slit in enumerate((4, 12, 16)):
        block = occupied[2 + 38 * number :][:26, 2:24, 2:12]
        block[...] = True
        block[slit : slit + 6] = False  # too wide to be joined, and the parts are of all sizes
    pieces = separate_pieces(occupied)
    assert len(pieces) == 3
    assert all(np.ptp(piece[:, 0]) == 25 for piece in pieces)


def test_what_touches_widely_is_cut_as_seen_from_above() -> None:
    occupied = blocks(4, gap=4)
    occupied[13:17, 1:13, 1:3] = True  # joined over their whole width, but two voxels high
    assert len(separate_pieces(occupied)) == 4


def test_a_piece_of_twice_the_volume_is_shared_out() -> None:
    occupied = blocks(4, gap=4)
    occupied[13:17, 1:13, 1:11] = True  # joined face to face
    pieces = separate_pieces(occupied)
    assert len(pieces) == 4
    assert max(len(piece) for piece in pieces) < 1.3 * min(len(piece) for piece in pieces)


def test_a_broken_object_among_whole_ones_leaves_them_whole() -> None:
    occupied = blocks(4, gap=4)
    occupied[:8] = False  # half of the first one is missing
    assert sorted(len(piece) for piece in separate_pieces(occupied)) == [600, 1440, 1440, 1440]


def test_one_object_is_one_piece() -> None:
    occupied = np.zeros((40, 30, 20), bool)
    occupied[2:30, 4:20, 1:12] = True
    occupied[8:12, 4:20, 6:12] = False
    assert len(separate_pieces(occupied)) == 1
