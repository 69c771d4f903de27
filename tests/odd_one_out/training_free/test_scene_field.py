"""The floor, and a field of what stands on it, on a synthetic scene: coloured boxes on a chequered floor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.fields.surroundings import expand
from pad_nerfstudio.odd_one_out.training_free import floor_texture as floor_texture_module
from pad_nerfstudio.odd_one_out.training_free.floor_colors import FloorColors
from pad_nerfstudio.odd_one_out.training_free.floor_texture import UNIT, floor_texture
from pad_nerfstudio.odd_one_out.training_free.photos import read_photos
from pad_nerfstudio.odd_one_out.training_free.place import meets_place
from pad_nerfstudio.odd_one_out.training_free.scene_field import fit_scene_field
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings
from tests.scene_factory import box_silhouette, make_scene

SETTINGS = TrainingFreeSettings(voxel=0.015, steps=200)
TEXELS = 160


@pytest.fixture(autouse=True)
def small_texture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the texels."""
    monkeypatch.setattr(floor_texture_module, "TEXELS", TEXELS)


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


def test_likeness_to_the_floor() -> None:
    draws = np.random.default_rng(0)
    lab = (np.array([50.0, 10.0, 20.0]) + draws.normal(0, 1.5, (4000, 3))).astype(np.float32)
    colors = FloorColors(lab)
    asked = np.array([[50, 10, 20], [30, 6.4, 12.7], [30, 60, 12], [90, 17, 34.5]], np.float32)
    own, shadow, other, lighter = colors.likeness(asked)
    assert own == 1
    assert shadow > 0.9, "darker, of the same chroma"
    assert other < 0.01 and lighter < 0.01, "no shadow is lighter than what it falls on"


def test_what_hides_a_little_of_the_floor_is_not_like_it() -> None:
    draws = np.random.default_rng(0)
    floor, thing = (np.array(c) + draws.normal(0, 1.0, (4000, 3)) for c in ([35.0, -7.0, 3.0], [41.0, -4.0, 8.0]))
    colors = FloorColors(np.concatenate([floor, thing[:120]]).astype(np.float32))
    assert np.median(colors.likeness(floor.astype(np.float32))) == 1
    assert np.mean(colors.likeness(thing.astype(np.float32)) > 0.5) < 0.1, "a third darker and browner is no shadow"


def test_floor_is_known_beside_the_boxes_only(scene: Scene) -> None:
    texture = floor_texture(read_photos(scene, range(8)), SETTINGS)
    axis = (torch.arange(TEXELS) + 0.5) / TEXELS * 2 - 1
    places = expand(torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1), UNIT).numpy()
    under = np.zeros((TEXELS, TEXELS), bool)
    for scene_object in scene.objects:
        assert scene_object.box is not None
        local = np.insert(places, 2, scene_object.box.center[2], axis=2) - scene_object.box.center
        local = local @ scene_object.box.rotation
        under |= (np.abs(local) < 0.4 * scene_object.box.size).all(axis=-1)
    near = (np.linalg.norm(places, axis=-1) < 0.9) & (np.linalg.norm(places, axis=-1) > 0.6)
    assert texture.known[near].mean() > 0.95
    assert texture.known[under].mean() < 0.5


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
