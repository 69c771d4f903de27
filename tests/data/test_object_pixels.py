"""Rays that surely end on the object."""

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.object_pixels import Photo, border_color, border_is_plain, object_pixels, surely_object

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
    rgb = torch.full((20, 20, 3), 250, dtype=torch.uint8)
    rgb[6:14, 6:14] = 60
    photos = [Photo(rgb)] * 3
    assert border_is_plain(photos, border_color(photos))
    rng = torch.Generator().manual_seed(0)
    cluttered = [Photo(torch.randint(0, 256, rgb.shape, dtype=torch.uint8, generator=rng))] * 3
    assert not border_is_plain(cluttered, border_color(cluttered))


def cut_out(white: bool = True) -> Photo:
    """A square before a transparent background, as white as that or dark."""
    opacity = torch.zeros(40, 40, dtype=torch.uint8)
    opacity[12:28, 12:28], opacity[12:28, 11] = 255, 100
    return Photo(torch.full((40, 40, 3), 255 if white else 30, dtype=torch.uint8), opacity)


def test_a_mask_tells_a_white_object_from_a_white_background() -> None:
    found = object_pixels([cut_out(), cut_out()], torch.ones(3))
    assert found.background.tolist() == [1, 1, 1] and found.solid is None and found.opacity is not None
    assert found.silhouettes is not None and found.silhouettes[0].nonzero().amin(0).tolist() == [9, 8]
    assert found.outlines is not None and found.outlines[0].nonzero().amin(0).tolist() == [11, 10]
    assert found.opacity[1][20, 11] == 100 and found.seen is not None and bool(found.seen[0].all())


def test_nothing_is_learnt_from_a_photo_whose_mask_is_missing() -> None:
    found = object_pixels([cut_out(), Photo(torch.zeros(30, 50, 3, dtype=torch.uint8))], torch.ones(3))
    assert found.seen is not None and not bool(found.seen[1].any()) and len(found.notes) == 1
    assert found.silhouettes is not None and bool(found.silhouettes[1].all())
    assert found.outlines is not None and bool(found.outlines[1].all())


def test_margins_are_neither_object_nor_background() -> None:
    rgb = torch.full((40, 40, 3), 90, dtype=torch.uint8)
    rgb[20:30, 15:25] = 200
    seen = torch.zeros(40, 40, dtype=torch.bool)
    seen[5:, 5:] = True
    rgb[~seen] = 255
    margins = Photo(rgb, torch.where(seen, 255, 0).to(torch.uint8), seen)
    assert not margins.masked
    found = object_pixels([margins] * 3, torch.ones(3))
    assert found.background.tolist() == pytest.approx([90 / 255] * 3) and found.opacity is None
    assert (
        found.silhouettes is not None and bool(found.silhouettes[0][~seen].all()) and not found.silhouettes[0][10, 35]
    )
    assert found.seen is not None and torch.equal(found.seen[0], seen)
