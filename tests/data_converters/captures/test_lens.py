"""Lenses against OpenCV's own projection, and back."""

import cv2
import numpy as np
import pytest
from captures.lens import Lens

MILD = Lens(610.0, 605.0, 405.0, 297.0, 800, 600, (-0.12, 0.05, -0.01, 0.0), (0.002, -0.001))
FISHEYE = Lens(520.0, 521.0, 402.0, 299.0, 800, 600, (0.03, -0.01, 0.004, -0.001), fisheye=True)


def matrix(lens: Lens) -> np.ndarray:
    """The calibration matrix in this project's pixel coordinates."""
    return np.array([[lens.fl_x, 0, lens.cx], [0, lens.fl_y, lens.cy], [0, 0, 1]])


def some_rays(reach: float) -> np.ndarray:
    return np.random.default_rng(0).uniform(-reach, reach, (200, 2))


def test_perspective_lenses_project_as_opencv_does() -> None:
    rays = some_rays(0.6)
    k1, k2, k3, _ = MILD.radial
    distortion = np.array([k1, k2, *MILD.tangential, k3])
    points = np.column_stack([rays, np.ones(len(rays))])
    expected = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix(MILD), distortion)[0][:, 0]
    assert np.abs(MILD.project(rays) - expected).max() < 1e-9


def test_fisheye_lenses_project_as_opencv_does() -> None:
    rays = some_rays(1.5)
    points = np.column_stack([rays, np.ones(len(rays))])[:, None]
    expected = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), matrix(FISHEYE), np.array(FISHEYE.radial))[
        0
    ][:, 0]
    assert np.abs(FISHEYE.project(rays) - expected).max() < 1e-9


def test_the_fourth_coefficient_is_of_the_eighth_power() -> None:
    lens = Lens(1.0, 1.0, 0.0, 0.0, 2, 2, (0.0, 0.0, 0.0, 0.1))
    assert lens.project(np.array([0.9, 0.0]))[0] == pytest.approx(0.9 * (1 + 0.1 * 0.9**8))


@pytest.mark.parametrize("lens", [MILD, FISHEYE, Lens(500.0, 510.0, 400.0, 300.0, 800, 600)])
def test_pixels_come_back_from_their_rays(lens: Lens) -> None:
    x, y = np.meshgrid(np.linspace(40, 760, 15), np.linspace(0, 600, 13))
    pixels = np.stack([x, y], axis=-1)
    rays = lens.rays(pixels)
    assert np.abs(lens.project(rays) - pixels).max() < 1e-3
    assert lens.sees(lens.rays(pixels[1:-1, 1:-1])).all()


def test_nothing_is_seen_where_the_polynomial_turns_back() -> None:
    """With r (1 - 0.5 r^2) the image of r = 1.2 lies inside that of r = 0.8: it would show the same place twice."""
    lens = Lens(500.0, 500.0, 400.0, 400.0, 800, 800, (-0.5, 0.0, 0.0, 0.0))
    seen = lens.sees(np.array([[0.7, 0.0], [1.2, 0.0]]))
    assert seen.tolist() == [True, False]
    assert np.abs(lens.rays(np.array([799.0, 400.0]))).max() <= np.sqrt(2 / 3) + 1e-3
    assert np.isfinite(lens.rays(np.array([0.0, 0.0]))).all()


def test_a_lens_before_a_smaller_copy_sees_the_same_rays() -> None:
    half = MILD.resized(400, 300)
    rays = some_rays(0.5)
    assert np.allclose(half.project(rays) * 2, MILD.project(rays))
