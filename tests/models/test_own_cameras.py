"""Views with intrinsics and sizes of their own train a field as well as those that share one camera."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.localization.field_localizer import read_views
from pad_nerfstudio.localization.gallery import PosedImage
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.trained_field import load_trained_field
from tests.mad_class_factory import draw_cube, read_transforms_dict, save, write_transforms
from tests.trained_run import make_cube, train_tiny_run

CAMERAS = [((64, 64), 88.0), ((80, 56), 100.0), ((52, 76), 70.0)]
"""Sizes and focal lengths, by turns."""


def own_cameras(cube: Path) -> Path:
    """The cube photographed anew, by three cameras in turn."""
    content = read_transforms_dict(cube)
    del content["camera_angle_x"]
    for index, frame in enumerate(content["frames"]):
        (w, h), focal = CAMERAS[index % 3]
        save(draw_cube(np.array(frame["transform_matrix"]), (w, h), focal=focal), cube / frame["file_path"])
        frame |= {"fl_x": focal, "fl_y": focal, "cx": w / 2, "cy": h / 2, "w": w, "h": h}
    write_transforms(cube, content)
    return cube


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("mixed")
    return load_trained_field(train_tiny_run(folder, own_cameras(make_cube(folder))), "cpu")


def psnr(field: Any, views: list[PosedImage]) -> float:
    errors = [(field.render(v.camera_to_world, v.camera).rgb - v.rgb).square().mean() for v in views]
    return float(-10 * torch.stack(errors).log10().mean())


def test_a_field_learns_as_much_from_views_of_several_cameras(mixed: Any, tiny_run: Path) -> None:
    alike: Any = load_trained_field(tiny_run, "cpu")
    views = read_views(alike.held_out_views, alike, 64)
    assert psnr(mixed, views) > psnr(alike, views) - 1


def test_every_view_keeps_its_own_camera(mixed: Any) -> None:
    known = {view.file_path: view.camera for view in read_mad_class(mixed.data_root).training_views}
    for view in [*mixed.training_views, *mixed.held_out_views]:
        assert view.camera == known[view.file_path]
    assert mixed.camera in {known[view.file_path] for view in mixed.training_views}
    small = read_views(mixed.training_views, mixed, 40)
    assert {(view.camera.w, view.camera.h) for view in small} == {(40, 40), (40, 28), (27, 40)}


def test_nearby_views_see_the_surface_through_their_own_cameras(mixed: Any) -> None:
    nearby = NearbyViews(mixed, mixed.training_views, mixed.background)
    (_, view, *_) = mixed.training_views
    pose = torch.from_numpy(view.camera_to_world)
    rendering = mixed.render(pose, view.camera)
    photo = read_views([view], mixed, 100)[0].rgb
    corrected = nearby.alternatives(pose, view.camera, rendering, 1)[0]
    on_object = rendering.accumulation > 0.5
    after, before = ((rgb - photo)[on_object].abs().mean() for rgb in (corrected, rendering.rgb))
    assert after < 0.2 * before
