"""A focal length that is unknown is found with the pose."""

import dataclasses
import json
from pathlib import Path

import pytest

from pad_nerfstudio.anomaly.poses_json import read_poses
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.alignment import make_surface, register, smoothed
from pad_nerfstudio.localization.focal_search import with_focal_starts
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.localize_queries import localize_queries
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.options import check_focal_option
from pad_nerfstudio.localization.queries import gather_queries
from pad_nerfstudio.localization.search import Hypothesis
from pad_nerfstudio.localization.target import make_target
from tests.localization.analytic_field import CAMERA, QUICK, TRUE_POSES, AnalyticField, save
from tests.localization.analytic_scene import AnalyticScene, look_at

LARGER = Pinhole.from_angle_x(0.691, 128, 128)
POSE = look_at((25, 40), 4.0)
SCENE = AnalyticScene()


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_alignment_finds_pose_and_focal_length_together(factor: float) -> None:
    query = make_target(SCENE.render(POSE, LARGER).rgb, LARGER, 128, 1.0)
    (guess,) = with_focal_starts(SCENE, LARGER, [Hypothesis(look_at((26, 41), 4.0))], (factor,))
    assert abs(guess.camera_to_world[:3, 3].norm() - 4 * factor) < 0.1
    for _ in range(8):
        target = query.zoomed(guess.focal)
        rendering = SCENE.render(guess.camera_to_world, target.camera)
        surface = make_surface(rendering, smoothed(rendering, target), target.camera, 2)
        change = register(surface, target, 0.1, 6, free_focal=True)
        guess = Hypothesis(guess.camera_to_world @ change.motion, focal=guess.focal * change.focal)
    assert abs(guess.focal - 1) < 0.02
    assert se3.pose_error(guess.camera_to_world, POSE)[0] < 0.3


def test_a_known_focal_length_is_left_alone() -> None:
    query = make_target(SCENE.render(POSE, LARGER).rgb, LARGER, 128, 1.0)
    rendering = SCENE.render(look_at((26, 41), 4.2), query.camera)
    assert register(make_surface(rendering, rendering.rgb, query.camera, 2), query, 0.1, 6).focal == 1.0


@pytest.fixture
def zoomed_class(analytic_class: Path) -> Path:
    """One photo taken with a focal length a quarter longer, from a camera as far away as the others."""
    name, camera = "test/good/0.png", zoomed(CAMERA.resized(128, 128), 1.25)
    save(AnalyticScene().render(TRUE_POSES[name], camera).rgb, analytic_class / name)
    return analytic_class


def test_poses_json_tells_the_estimated_focal_length_of_each_photo(zoomed_class: Path, tmp_path: Path) -> None:
    photos = gather_queries(zoomed_class, [zoomed_class / "test/good"], CAMERA, Intrinsics(optimize_focal=True))[0]
    config, field = dataclasses.replace(QUICK, finest_size=128), AnalyticField(zoomed_class)
    path = localize_queries(field, photos, config, tmp_path)
    zoomed_frame, plain = json.loads(path.read_text())["frames"]
    assert zoomed_frame["intrinsics"] == plain["intrinsics"] == "estimated, from training camera"
    assert zoomed_frame["fl_x"] == pytest.approx(2.5 * CAMERA.fl_x, rel=0.03)
    assert plain["fl_x"] == pytest.approx(CAMERA.fl_x, rel=0.06) and plain["w"] == 64
    assert zoomed_frame["began_with"]["fl_x"] == pytest.approx(2 * CAMERA.fl_x)
    poses = read_poses(path)
    for name, pose in poses.items():
        assert se3.pose_error(pose.camera_to_world, TRUE_POSES[name])[0] < 1
    assert poses["test/good/0.png"].camera.fl_x == zoomed_frame["fl_x"]
    field.renders = 0
    localize_queries(field, photos, config, tmp_path)
    assert field.renders == 0  # finished frames are known again though their intrinsics are no longer those given
    known = gather_queries(zoomed_class, [zoomed_class / "test/good"], CAMERA, Intrinsics())[0]
    assert all(photo.focal_starts == () for photo in known)
    localize_queries(field, known, config, tmp_path)
    assert field.renders > 0


def test_only_direct_alignment_estimates_focal_lengths() -> None:
    check_focal_option(Intrinsics(optimize_focal=True), LocalizerConfig())
    with pytest.raises(UserError, match="--optimize-focal: needs --refine direct, not none"):
        check_focal_option(Intrinsics(optimize_focal=True), LocalizerConfig(refine="none"))
