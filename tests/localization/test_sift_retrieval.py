"""Cameras from matched features, and what is said where there are none."""

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.gallery import PosedImage
from pad_nerfstudio.localization.jacobian import project
from pad_nerfstudio.localization.sift_retrieval import (
    Matches,
    SiftConfig,
    SiftGallery,
    camera_from_matches,
    ratio_matches,
)
from pad_nerfstudio.models.rendering import Rendering
from tests.localization.analytic_scene import AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 200, 200)


class SpeckledScene(AnalyticScene):
    """The toy under paint of random specks, 3 cm in size, fixed in space."""

    def render(self, camera_to_world: torch.Tensor, camera: Pinhole) -> Rendering:
        seen = super().render(camera_to_world, camera)
        rows, columns = torch.meshgrid(torch.arange(camera.h) + 0.5, torch.arange(camera.w) + 0.5, indexing="ij")
        x, y = (columns - camera.cx) / camera.fl_x, -(rows - camera.cy) / camera.fl_y
        local = torch.stack([x, y, -torch.ones_like(x)], dim=-1) * seen.depth[..., None]
        pose = camera_to_world.float()
        cell = ((local @ pose[:3, :3].T + pose[:3, 3]) / 0.06).floor()
        hashed = (torch.sin(cell @ torch.tensor([12.9898, 78.233, 37.719])) * 43758.5453).frac().abs()
        painted = seen.rgb * (0.3 + 0.7 * hashed)[..., None]
        on_object = (seen.accumulation > 0.5)[..., None]
        return Rendering(torch.where(on_object, painted, seen.rgb), seen.depth, seen.accumulation)


SCENE = SpeckledScene(supersampling=1)
VIEWS = [
    PosedImage(SCENE.render(pose, CAMERA).rgb, pose, CAMERA)
    for pose in (look_at((elevation, azimuth), 4.0) for elevation in (10, 30, 50) for azimuth in range(0, 360, 30))
]


def known_matches(pose: torch.Tensor, count: int, wrong: int) -> Matches:
    generator = torch.Generator().manual_seed(1)
    points = 0.6 * torch.randn(count, 3, generator=generator, dtype=torch.float64)
    local = points @ se3.inverse(pose)[:3, :3].T + se3.inverse(pose)[:3, 3]
    pixels = project(local, CAMERA)
    pixels[:wrong] = 200 * torch.rand(wrong, 2, generator=generator, dtype=torch.float64)
    return Matches(points, pixels)


def test_the_camera_of_exact_matches_is_exact_though_a_third_are_wrong() -> None:
    pose = look_at((-20, 130), 3.7, (0.1, 0.0, 0.1), 40.0)
    found, agreeing = camera_from_matches(known_matches(pose, 60, 20), CAMERA, SiftConfig())
    assert found is not None and 40 <= agreeing <= 43
    degrees, distance = se3.pose_error(found, pose)
    assert degrees < 0.01 and distance < 1e-3
    again, _ = camera_from_matches(known_matches(pose, 60, 20), CAMERA, SiftConfig())
    assert again is not None and torch.equal(found, again)


@pytest.mark.parametrize(("count", "wrong"), [(5, 0), (40, 40)], ids=["too few", "all wrong"])
def test_matches_that_do_not_agree_give_no_camera(count: int, wrong: int) -> None:
    found, agreeing = camera_from_matches(known_matches(look_at((20, 30), 4.0), count, wrong), CAMERA, SiftConfig())
    assert found is None and agreeing < 8


def test_a_query_between_textured_views_is_found_well_within_their_distance() -> None:
    gallery = SiftGallery(SCENE, VIEWS, SiftConfig(views=4))
    pose = look_at((22, 44), 3.9, (0.05, 0.0, -0.05), 6.0)
    found = gallery.retrieve(SCENE.render(pose, CAMERA).rgb, CAMERA, 8)
    assert not found.failed and len(found.poses) == 1 and "matches agree" in found.account
    assert se3.pose_error(found.poses[0], pose)[0] < 4


def test_where_nothing_matches_the_similar_views_are_given_and_it_is_said() -> None:
    gallery = SiftGallery(SCENE, VIEWS, SiftConfig(views=2))
    found = gallery.retrieve(torch.ones(200, 200, 3), CAMERA, 3)
    assert found.failed and len(found.poses) == 3
    assert found.account == "sift failed: 0 of 0 matches agree; began at the most similar view"


def test_the_ratio_test_drops_what_could_be_two() -> None:
    theirs = np.zeros((3, 128), np.float32)
    theirs[0, 0], theirs[1, 1], theirs[2, 1] = 1, 1, 1.01
    ours = theirs[:2] * np.float32(0.9)
    assert ratio_matches(ours, theirs, 0.8) == [(0, 0)]
    assert ratio_matches(ours, theirs[:1], 0.8) == [] == ratio_matches(ours[:0], theirs, 0.8)
