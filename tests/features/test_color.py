"""Lab against scikit-image."""

import numpy as np
import torch
from skimage.color import rgb2lab

from pad_nerfstudio.features.color import srgb_to_lab


def test_lab_equals_scikit_image() -> None:
    rgb = np.random.default_rng(0).random((20, 30, 3))
    rgb[0] = np.linspace(0, 0.05, 30)[:, None]
    np.testing.assert_allclose(srgb_to_lab(torch.from_numpy(rgb)).numpy(), rgb2lab(rgb), atol=0.02)


def test_out_of_range_colors_are_clipped() -> None:
    outside = srgb_to_lab(torch.tensor([[1.2, 1.0, 1.5], [-0.1, 0.0, -2.0]]))
    torch.testing.assert_close(outside, srgb_to_lab(torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])))
