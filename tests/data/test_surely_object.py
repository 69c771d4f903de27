"""Rays that surely end on the object."""

import numpy as np
import torch

from pad_nerfstudio.data.pad_datamanager import border_color, border_is_plain, surely_object

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


def test_pixels_tell_the_object_before_a_plain_background_only() -> None:
    images = torch.full((3, 20, 20, 3), 250, dtype=torch.uint8)
    images[:, 6:14, 6:14] = 60
    assert border_is_plain(list(images), border_color(list(images)))
    rng = torch.Generator().manual_seed(0)
    cluttered = torch.randint(0, 256, images.shape, dtype=torch.uint8, generator=rng)
    assert not border_is_plain(list(cluttered), border_color(list(cluttered)))
