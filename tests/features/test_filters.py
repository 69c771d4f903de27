"""Filters against scipy."""

import numpy as np
import torch
from scipy import ndimage

from pad_nerfstudio.features.filters import dilated, eroded, gaussian_blur, gradient, resized

MAPS = np.random.default_rng(0).random((2, 21, 17)).astype(np.float32)


def test_gaussian_blur_equals_scipy() -> None:
    expected = [ndimage.gaussian_filter(one, 1.5, mode="nearest", truncate=4.0) for one in MAPS]
    np.testing.assert_allclose(gaussian_blur(torch.from_numpy(MAPS), 1.5).numpy(), expected, atol=1e-5)


def test_blur_by_nothing_is_nothing() -> None:
    assert torch.equal(gaussian_blur(torch.from_numpy(MAPS), 0.0), torch.from_numpy(MAPS))


def test_window_extremes_equal_scipy() -> None:
    for radius in (0, 1, 3):
        size = (1, 2 * radius + 1, 2 * radius + 1)
        largest, smallest = (f(torch.from_numpy(MAPS), radius).numpy() for f in (dilated, eroded))
        np.testing.assert_array_equal(largest, ndimage.maximum_filter(MAPS, size, mode="nearest"))
        np.testing.assert_array_equal(smallest, ndimage.minimum_filter(MAPS, size, mode="nearest"))


def test_gradient_of_a_ramp() -> None:
    y, x = torch.meshgrid(torch.arange(5.0), torch.arange(6.0), indexing="ij")
    along_x, along_y = gradient((2 * x - 3 * y)[None])
    assert torch.all(along_x[0, :, 1:-1] == 2) and torch.all(along_y[0, 1:-1] == -3)


def test_resizing_keeps_the_mean_and_the_size_asked_for() -> None:
    small = resized(torch.from_numpy(MAPS), 7, 5)
    assert small.shape == (2, 7, 5)
    assert abs(float(small.mean()) - MAPS.mean()) < 0.02
