"""Where things lie after undistortion: spots drawn through a distorted lens against the pinhole's projection."""

import cv2
import numpy as np
import pytest
from captures.common_camera import common_camera
from captures.lens import Lens
from captures.undistort import undistort

from tests.data_converters.captures.test_lens import matrix

SIGMA = 1.5
BARREL = Lens(300.0, 298.0, 203.0, 148.0, 400, 300, (-0.15, 0.04, 0.0, 0.0), (0.003, -0.002))
PINCUSHION = Lens(420.0, 420.0, 148.0, 205.0, 300, 400, (0.2, 0.1, 0.0, 0.0))
FISHEYE = Lens(260.0, 260.0, 199.0, 151.0, 400, 300, (0.02, -0.01, 0.0, 0.0), fisheye=True)


def opencv_pixels(rays: np.ndarray, lens: Lens) -> np.ndarray:
    """Projection by OpenCV alone, [N, 2]."""
    points = np.column_stack([rays, np.ones(len(rays))])
    if lens.fisheye:
        return cv2.fisheye.projectPoints(
            points[:, None], np.zeros(3), np.zeros(3), matrix(lens), np.array(lens.radial)
        )[0][:, 0]
    k1, k2, k3, _ = lens.radial
    distortion = np.array([k1, k2, *lens.tangential, k3])
    return cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix(lens), distortion)[0][:, 0]


def spots(centres: np.ndarray, w: int, h: int) -> np.ndarray:
    """Round bright spots; a centre of (0.5, 0.5) is that of the first pixel."""
    x, y = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
    image = sum(np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * SIGMA**2)) for u, v in centres)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)[..., None].repeat(3, axis=2)


def centroid(image: np.ndarray, u: float, v: float, reach: int = 8) -> np.ndarray:
    """Centre of brightness around a place, in the same coordinates."""
    left, top = int(u) - reach, int(v) - reach
    window = image[top : top + 2 * reach + 1, left : left + 2 * reach + 1, 0].astype(float)
    x, y = np.meshgrid(np.arange(window.shape[1]) + left + 0.5, np.arange(window.shape[0]) + top + 0.5)
    return np.array([(window * x).sum(), (window * y).sum()]) / window.sum()


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION, FISHEYE])
@pytest.mark.parametrize("longest_side", [None, 300])
def test_spots_lie_where_the_common_pinhole_projects_them(lens: Lens, longest_side: int | None) -> None:
    camera = common_camera([BARREL, PINCUSHION] if not lens.fisheye else [lens], longest_side)
    x, y = np.meshgrid(np.linspace(30, lens.w - 30, 6), np.linspace(30, lens.h - 30, 5))
    rays = lens.rays(np.stack([x, y], axis=-1).reshape(-1, 2))
    image, _ = undistort(spots(opencv_pixels(rays, lens), lens.w, lens.h), lens, camera)
    expected = rays * (camera.fl_x, camera.fl_y) + (camera.cx, camera.cy)
    error = max(np.abs(centroid(image, *place) - place).max() for place in expected)
    moved = np.abs(expected - opencv_pixels(rays, lens)).max()
    assert error < 0.1 and moved > 3, f"{error:.3f} px off, {moved:.1f} px moved"


def test_a_photo_in_the_common_camera_is_not_touched() -> None:
    lens = Lens(311.0, 309.0, 150.3, 99.1, 300, 200)
    photo = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    image, coverage = undistort(photo, lens, common_camera([lens]))
    assert (image == photo).all() and (coverage == 255).all()


def test_what_a_photo_does_not_show_is_not_covered() -> None:
    portrait, landscape = Lens(300.0, 300.0, 100.0, 150.0, 200, 300), Lens(300.0, 300.0, 150.0, 100.0, 300, 200)
    photo = np.full((300, 200, 3), 77, np.uint8)
    image, coverage = undistort(photo, portrait, common_camera([portrait, landscape]))
    assert image.shape == (300, 300, 3)
    assert (coverage[:, 50:250] == 255).all() and (image[:, 50:250] == 77).all()
    assert (coverage[:, :50] == 0).all() and (coverage[:, 250:] == 0).all() and (image[:, :50] == 0).all()


def test_shrinking_averages_instead_of_skipping() -> None:
    """Stripes a pixel wide become grey; picking single pixels would leave black, white or moire."""
    lens = Lens(400.0, 400.0, 200.0, 150.0, 400, 300)
    photo = np.zeros((300, 400, 3), np.uint8)
    photo[:, ::2] = 255
    image, _ = undistort(photo, lens, common_camera([lens], longest_side=100))
    assert np.abs(image[2:-2, 2:-2].astype(int) - 127).max() <= 2
