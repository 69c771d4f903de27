"""What stands on the floor, and what only hangs in the air."""

import numpy as np

from pad_nerfstudio.odd_one_out.training_free.standing import standing


def test_a_torn_object_keeps_its_top_and_what_hangs_beside_it_goes() -> None:
    matter = np.zeros((40, 20, 20), bool)
    matter[4:10, 4:10, 1:6] = True  # the foot
    matter[3:11, 3:11, 8:12] = True  # the cap, torn from it
    matter[20:26, 4:10, 8:12] = True  # hangs over nothing
    found = standing(matter, low=3)
    assert found[:15].sum() == matter[:15].sum()
    assert not found[15:].any()


def test_what_reaches_farther_out_than_it_is_carried_does_not_stand() -> None:
    matter = np.zeros((40, 20, 20), bool)
    matter[4:10, 4:10, 1:6] = True
    matter[7:20, 4:10, 8:12] = True
    assert (standing(matter, low=3) == np.where(np.arange(20) < 6, matter, False)).all()


def test_nothing_that_stands() -> None:
    matter = np.zeros((8, 8, 8), bool)
    matter[2:4, 2:4, 5:7] = True
    assert not standing(matter, low=2).any() and not standing(~matter & False, low=2).any()
