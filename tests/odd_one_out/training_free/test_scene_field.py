"""A field of what stands on a floor, on a synthetic scene: coloured boxes on a chequered floor."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.odd_one_out.floor.texture import floor_texture
from pad_nerfstudio.odd_one_out.laid_upon.photos import read_photos
from pad_nerfstudio.odd_one_out.training_free import scene_field
from pad_nerfstudio.odd_one_out.training_free.place import meets_place
from pad_nerfstudio.odd_one_out.training_free.scene_field import fit_scene_field
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings
from tests.scene_factory import box_silhouette, make_scene

SETTINGS = TrainingFreeSettings(voxel=0.015, steps=200)


@pytest.fixture(autouse=True)
def small_texture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the texels."""
    monkeypatch.setattr(scene_field, "floor_texture", partial(floor_texture, texels=160))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder: Path = tmp_path_factory.mktemp("field") / "scene"
    return read_scene(make_scene(folder, views=8, objects=3, size=(128, 128)))


def test_rays_that_meet_the_place_have_a_point_in_it() -> None:
    draws = torch.Generator().manual_seed(0)
    origins = torch.randn(400, 3, generator=draws) * torch.tensor([0.8, 0.8, 0.3]) + torch.tensor([0, 0, 0.4])
    directions = torch.nn.functional.normalize(torch.randn(400, 3, generator=draws), dim=-1)
    along = torch.linspace(0, 6, 6001)[:, None, None]
    points = origins + along * directions
    inside = (
        (points[..., :2].norm(dim=-1) < SETTINGS.radius) & (points[..., 2] > 0) & (points[..., 2] < SETTINGS.height)
    )
    slow = inside.any(dim=0)
    agree = meets_place(origins, directions, SETTINGS) == slow
    assert 40 < int(slow.sum()) < 360
    assert int((~agree).sum()) <= 2, "rays may graze the place between two of the points"


def test_accumulation_is_high_on_the_boxes_and_low_beside(scene: Scene) -> None:
    photos = read_photos(scene, range(8))
    field = fit_scene_field(photos, SETTINGS)
    assert field.accumulation.shape == (8, 128, 128)
    camera = scene.camera
    k = np.array([[camera.fl_x, 0, camera.cx], [0, camera.fl_y, camera.cy], [0, 0, 1]])
    overlaps = []
    for view in scene.views:
        pose = view.camera_to_world
        number = int(np.argmin(np.linalg.norm(photos.centers - pose[:3, 3], axis=1)))
        true = np.any([box_silhouette(o.box, pose, k, (128, 128)) for o in scene.objects if o.box], axis=0)
        found = field.accumulation[number] > 0.5
        overlaps.append((true & found).sum() / (true | found).sum())
    assert np.mean(overlaps) > 0.75


def test_the_order_of_views_changes_nothing(scene: Scene) -> None:
    settings = TrainingFreeSettings(voxel=0.03, steps=20)
    forth, back = (fit_scene_field(read_photos(scene, views), settings) for views in ((0, 2, 5), (5, 0, 2)))
    np.testing.assert_array_equal(forth.opacity, back.opacity)
    np.testing.assert_array_equal(forth.accumulation, back.accumulation)


def test_several_fits_are_averaged(scene: Scene) -> None:
    photos = read_photos(scene, (0, 2, 5))
    one, other, both = (
        fit_scene_field(photos, TrainingFreeSettings(voxel=0.03, steps=20, seed=seed, fits=fits))
        for seed, fits in ((3, 1), (4, 1), (3, 2))
    )
    assert not np.array_equal(one.opacity, other.opacity)
    np.testing.assert_allclose(both.opacity, (one.opacity + other.opacity) / 2, atol=1e-6)
    np.testing.assert_allclose(both.accumulation, (one.accumulation + other.accumulation) / 2, atol=1e-6)
