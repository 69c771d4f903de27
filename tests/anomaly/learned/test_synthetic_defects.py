"""Shapes of defects, and pasting them."""

import numpy as np
import pytest

from pad_nerfstudio.anomaly.learned.shapes import SHAPES
from pad_nerfstudio.anomaly.learned.synthetic_defects import VISIBLE, with_defects


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_lie_around_their_place_and_grow_with_their_radius(shape) -> None:
    random = np.random.default_rng(0)
    areas = []
    for radius in (4.0, 16.0):
        masks = [shape(96, (48.0, 40.0), radius, random) for _ in range(40)]
        assert all(m.dtype == np.float32 and m.min() >= 0 and m.max() <= 1 for m in masks)
        mean = np.mean(masks, axis=0)
        rows, columns = np.mgrid[:96, :96]
        assert abs(float((mean * columns).sum() / mean.sum()) - 48) < 4
        assert abs(float((mean * rows).sum() / mean.sum()) - 40) < 4
        areas.append(float(mean.sum()))
    assert areas[1] > 2 * areas[0] > 0


def half_object() -> tuple[np.ndarray, np.ndarray]:
    """A textured object in the left half on white."""
    random = np.random.default_rng(1)
    photo = np.ones((96, 96, 3), np.float32)
    photo[:, :48] = 0.3 + 0.1 * random.random((96, 48, 3), np.float32)
    opacity = np.zeros((96, 96), np.float32)
    opacity[:, :48] = 1.0
    return photo, opacity


def test_the_mask_is_where_the_photo_changed() -> None:
    photo, opacity = half_object()
    shares = []
    for seed in range(60):
        found = with_defects(photo, opacity, np.random.default_rng(seed))
        difference = np.abs(found.photo - photo).max(axis=-1)
        np.testing.assert_array_equal(found.changed > 0.5, difference > VISIBLE)
        assert found.photo.min() >= 0 and found.photo.max() <= 1
        shares.append(found.changed.mean())
    assert np.mean(np.array(shares) > 0) > 0.9
    assert np.median(shares) < 0.2


def test_defects_are_decided_by_the_seed() -> None:
    photo, opacity = half_object()
    first, again, other = (with_defects(photo, opacity, np.random.default_rng(seed)).photo for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0
