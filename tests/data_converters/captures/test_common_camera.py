"""The rule for the camera that all photos share."""

import numpy as np
import pytest
from captures.common_camera import border, common_camera
from captures.lens import Lens
from captures.undistort import undistort

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError

LANDSCAPE = Lens(700.0, 700.0, 400.0, 300.0, 800, 600)
PORTRAIT = Lens(700.0, 700.0, 300.0, 400.0, 600, 800)
BARREL = Lens(640.0, 642.0, 410.0, 290.0, 800, 600, (-0.1, 0.02, 0.0, 0.0), (0.001, 0.001))


def test_one_camera_without_distortion_stays_as_it_is() -> None:
    lens = Lens(611.3, 612.7, 401.7, 299.1, 800, 600)
    assert common_camera([lens, lens]) == Pinhole(611.3, 612.7, 401.7, 299.1, 800, 600)


def test_portrait_and_landscape_photos_share_a_square() -> None:
    assert common_camera([LANDSCAPE, PORTRAIT]) == Pinhole(700.0, 700.0, 400.0, 400.0, 800, 800)


def test_small_copies_do_not_lower_the_detail() -> None:
    assert common_camera([LANDSCAPE, LANDSCAPE.resized(400, 300), LANDSCAPE.resized(200, 150)]).fl_x == 700


@pytest.mark.parametrize("lenses", [[BARREL], [BARREL, PORTRAIT], [BARREL, BARREL.resized(1200, 900)]])
def test_every_pixel_of_every_photo_finds_room_and_not_much_is_left_over(lenses: list[Lens]) -> None:
    camera = common_camera(lenses)
    rays = np.concatenate([lens.rays(border(lens.w, lens.h)) for lens in lenses]).reshape(-1, 2)
    pixels = rays * (camera.fl_x, camera.fl_y) + (camera.cx, camera.cy)
    assert pixels.min() >= -0.01 and (pixels.max(0) <= np.array([camera.w, camera.h]) + 0.01).all()
    assert (np.ptp(pixels, axis=0) > np.array([camera.w, camera.h]) - 1.01).all()


def test_a_fisheye_reaches_60_degrees_from_the_axis_at_most() -> None:
    camera = common_camera([Lens(200.0, 200.0, 400.0, 400.0, 800, 800, fisheye=True)])
    assert camera.fl_x == 200 and camera.w == camera.h == int(np.ceil(2 * 200 * np.tan(np.radians(60))))


@pytest.mark.parametrize("lenses", [[BARREL], [LANDSCAPE, PORTRAIT], [BARREL, PORTRAIT]])
def test_the_shared_field_of_view_is_filled_by_every_photo(lenses: list[Lens]) -> None:
    camera = common_camera(lenses, field_of_view="shared")
    for lens in lenses:
        assert (undistort(np.zeros((lens.h, lens.w, 3), np.uint8), lens, camera)[1] == 255).all()
    wider = Pinhole(camera.fl_x, camera.fl_y, camera.cx + 2, camera.cy + 2, camera.w + 4, camera.h + 4)
    covered = [undistort(np.zeros((lens.h, lens.w, 3), np.uint8), lens, wider)[1] for lens in lenses]
    edges = np.min(covered, axis=0)
    assert all(edge.min() == 0 for edge in (edges[0], edges[-1], edges[:, 0], edges[:, -1]))


def test_photos_that_share_nothing_are_told_of() -> None:
    left = Lens(700.0, 700.0, -10.0, 300.0, 400, 600)
    with pytest.raises(UserError, match="--field-of-view shared: there is nothing"):
        common_camera([left, Lens(700.0, 700.0, 410.0, 300.0, 400, 600)], field_of_view="shared")


def test_the_longest_side_can_be_limited() -> None:
    camera = common_camera([LANDSCAPE], longest_side=400)
    assert camera == Pinhole(350.0, 350.0, 200.0, 150.0, 400, 300)
    assert common_camera([LANDSCAPE], longest_side=4000).w == 800
