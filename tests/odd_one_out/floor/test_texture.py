"""The floor of a synthetic scene: coloured boxes on a chequered floor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.fields.surroundings import expand
from pad_nerfstudio.odd_one_out.floor.colors import FloorColors
from pad_nerfstudio.odd_one_out.floor.texture import UNIT, floor_texture
from pad_nerfstudio.odd_one_out.laid_upon.photos import read_photos
from tests.scene_factory import make_scene

RADIUS, TEXELS = 0.62, 160


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder: Path = tmp_path_factory.mktemp("floor") / "scene"
    return read_scene(make_scene(folder, views=8, objects=3, size=(128, 128)))


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
    photos = read_photos(scene, range(8))
    texture = floor_texture(photos.rgb, photos.projections, RADIUS, TEXELS)
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
