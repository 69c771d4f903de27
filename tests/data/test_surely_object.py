"""Rays that surely end on the object."""

import numpy as np

from pad_nerfstudio.data.pad_datamanager import surely_object

WHITE = np.ones(3, np.float32)


def test_the_outline_and_what_looks_like_background_are_left_out() -> None:
    image = np.full((20, 20, 3), 255, np.uint8)
    image[5:15, 5:15] = 120
    image[9, 9] = 255
    solid = surely_object(image, WHITE)
    expected = np.zeros((20, 20), bool)
    expected[6:14, 6:14] = True
    expected[8:11, 8:11] = False
    assert (solid == expected).all()


def test_an_object_that_fills_the_image_is_solid_to_its_border() -> None:
    assert surely_object(np.full((6, 8, 3), 90, np.uint8), WHITE).all()
