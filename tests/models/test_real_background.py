"""An object photographed before real things, by a camera that was left to its automatics."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.localization.field_localizer import read_views
from pad_nerfstudio.models.trained_field import TrainedField, load_trained_field
from tests.trained_run import make_cube, train_tiny_run


def sky(pose: np.ndarray, camera: Pinhole) -> np.ndarray:
    """A smooth world of colours that is infinitely far away."""
    focal, center = torch.tensor([[camera.fl_x, camera.fl_y]]), torch.tensor([[camera.cx, camera.cy]])
    rays = PinholeStack.of_one_size(torch.from_numpy(pose[None, :3]).float(), focal, center, camera.w, camera.h)
    directions = rays.all_pixels()[1].numpy().reshape(camera.h, camera.w, 3)
    return 0.5 + 0.3 * np.sin(2 * directions + [0.0, 1.0, 2.0])


def exposure(index: int) -> float:
    return (0.8, 1.0, 1.2)[index % 3]


def photographed(cube: Path) -> Path:
    """The cube before the sky, every photo exposed otherwise."""
    found = read_mad_class(cube)
    for index, view in enumerate(found.training_views):
        photo = np.asarray(Image.open(view.path)) / 255.0
        scene = np.where((photo == 1).all(-1, keepdims=True), sky(view.camera_to_world, view.camera), photo)
        lit = np.clip(255 * exposure(index) * 0.8 * scene, 0, 255).astype(np.uint8)
        Image.fromarray(lit).save(view.path)
    return cube


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> TrainedField:
    folder = tmp_path_factory.mktemp("real")
    run = train_tiny_run(
        folder, photographed(make_cube(folder)), "--pipeline.model.photo-colors", "True",
        "--pipeline.model.environment-texels", "32", "--pipeline.model.solid-from", "150",
    )  # fmt: skip
    return load_trained_field(run, "cpu")


def test_the_field_holds_the_object_alone_and_rendering_shows_both(field: TrainedField) -> None:
    view = field.held_out_views[1]
    seen = field.render(torch.from_numpy(view.camera_to_world), view.camera)
    behind = 0.8 * torch.from_numpy(sky(view.camera_to_world, view.camera)).float()
    empty = seen.accumulation < 0.5
    assert seen.accumulation[32, 32] > 0.8 and empty[:6].all() and empty[:, :6].all()
    assert (seen.rgb - behind)[empty].abs().median() < 0.06
    assert seen.accumulation[empty].mean() < 0.15


def test_the_light_of_every_photo_is_found_and_taken_back(field: TrainedField) -> None:
    gains = {}
    for view in field.training_views:
        assert view.light is not None
        gains.setdefault(exposure(int(view.path.stem)), []).append(view.light.gain[1])
    dark, usual, bright = (np.median(gains[value]) for value in (0.8, 1.0, 1.2))
    assert dark < 0.92 * usual and bright > 1.08 * usual
    spread = torch.stack([view.rgb.mean() for view in read_views(field.training_views, field, 32)]).std()
    assert spread < 0.06
