"""What normal views say of places, as a camera sees them."""

import numpy as np
import torch

from pad_nerfstudio.anomaly.fused.lattice import lattice_around
from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces
from pad_nerfstudio.anomaly.fused.scales_in_view import scales_in_view
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Rendering
from tests.anomaly.fakes import square

CAMERA = Pinhole(60.0, 60.0, 24.0, 24.0, 48, 48)


def troubled_on_the_left() -> NormalPlaces:
    """Left of x = 0, normal views score four times as high as on the right."""
    lattice = lattice_around([np.array([[-1.5, -1.5, -3.5], [1.5, 1.5, -2.5]])], 40)
    left = lattice.positions(np.arange(lattice.size))[:, 0] < 0
    weight = np.full(lattice.size, 20.0)
    return NormalPlaces(lattice, weight * np.where(left, 1.6, 0.4), weight, 1.0)


def test_pixels_take_the_scale_of_their_place_and_those_beside_that_of_the_nearest() -> None:
    scales = scales_in_view(troubled_on_the_left(), square(48, 48), CAMERA, torch.eye(4, dtype=torch.float64))
    expected = [2.0 / (1.0 + level) for level in (1.6, 0.4)]
    for rows in (slice(12, 36), slice(0, 12)):
        np.testing.assert_allclose(scales[rows, 14:22], expected[0], rtol=0.02)
        np.testing.assert_allclose(scales[rows, 26:34], expected[1], rtol=0.02)
    np.testing.assert_allclose(scales[20, :10], scales[20, 12], rtol=1e-6)


def test_where_no_object_is_seen_nothing_is_scaled() -> None:
    nothing = Rendering(torch.ones(48, 48, 3), torch.zeros(48, 48), torch.zeros(48, 48))
    assert bool((scales_in_view(troubled_on_the_left(), nothing, CAMERA, torch.eye(4).double()) == 1).all())
