"""What stands on a floor is unlike it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.fields.surroundings import contract
from pad_nerfstudio.odd_one_out.floor.difference import TEXELS, floor_difference
from pad_nerfstudio.odd_one_out.floor.texture import UNIT, floor_texture
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos, read_photos
from tests.scene_factory import box_silhouette, make_scene

RADIUS = 0.62


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder: Path = tmp_path_factory.mktemp("unlike") / "scene"
    return read_scene(make_scene(folder, views=6, objects=3, size=(96, 96)))


@pytest.fixture(scope="module")
def photos(scene: Scene) -> Photos:
    return read_photos(scene, range(6))


def test_it_is_that_of_rays_to_the_floor(photos: Photos) -> None:
    found = floor_difference(photos.rgb, photos.projections, RADIUS)
    texture = floor_texture(photos.rgb, photos.projections, RADIUS, TEXELS).rgb
    draws = np.random.default_rng(0)
    for view in range(6):
        origins, directions = photos.cameras.one(view).all_pixels()
        for pixel in draws.integers(0, 96 * 96, 20):
            row, column = divmod(int(pixel), 96)
            origin, direction = origins[pixel], directions[pixel]
            if direction[2] >= 0:
                assert not found[view, row, column].any()
                continue
            place = (origin - origin[2] / direction[2] * direction)[:2]
            at = ((contract(place, UNIT).numpy() + 1) / 2 * TEXELS - 0.5).clip(0, TEXELS - 1)
            x, y = np.minimum(at.astype(int), TEXELS - 2)
            (u, v), near = at - (x, y), srgb_to_lab(torch.from_numpy(texture[y : y + 2, x : x + 2])).numpy()
            floor = np.einsum("i,j,ijc->c", (1 - v, v), (1 - u, u), near)
            np.testing.assert_allclose(found[view, row, column], photos.lab[view, row, column] - floor, atol=0.02)


def test_boxes_stand_out(scene: Scene, photos: Photos) -> None:
    away = np.linalg.norm(floor_difference(photos.rgb, photos.projections, RADIUS), axis=-1)
    camera = scene.camera
    k = np.array([[camera.fl_x, 0, camera.cx], [0, camera.fl_y, camera.cy], [0, 0, 1]])
    for view in scene.views:
        pose = view.camera_to_world
        number = int(np.argmin(np.linalg.norm(photos.centers - pose[:3, 3], axis=1)))
        shown = np.any([box_silhouette(o.box, pose, k, (96, 96)) for o in scene.objects if o.box], axis=0)
        assert np.median(away[number][shown]) > 10 > 4 * np.median(away[number][~shown])


def test_above_the_horizon_nothing_is_known(photos: Photos) -> None:
    # as if the cameras were turned upside down, so that they look up
    up = photos.projections * np.array([1.0, 1.0, -1.0, 1.0])
    up[:, :, 3] = -np.einsum("vij,vj->vi", up[:, :, :3], photos.centers)
    differences = floor_difference(photos.rgb, up, RADIUS)
    depth = np.linalg.inv(up[:, :, [0, 1, 3]])[:, 2]
    y, x = np.mgrid[:96, :96]
    sky = np.einsum("vi,ihw->vhw", depth, np.stack([x, y, np.ones_like(x)])) <= 0
    assert sky.any() and not differences[sky].any()
