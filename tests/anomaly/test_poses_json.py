"""Poses as `ns-pad-localize` writes them, and sentences on what is wrong with others."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pad_nerfstudio.anomaly.poses_json import read_poses
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.lighting import UNCHANGED

CAMERA = {"fl_x": 500.0, "fl_y": 510.0, "cx": 200.0, "cy": 150.0, "w": 400, "h": 300}
FRAME = {
    "file_path": "test/good/0.png",
    "transform_matrix": np.eye(4).tolist(),
    "residual": 0.01,
    "converged": False,
    "seconds": 1.5,
}


def write(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({"camera": CAMERA, "frames": [{**FRAME, **changes}]}))
    return path


def test_pose_camera_and_flags_are_read(tmp_path: Path) -> None:
    pose = read_poses(write(tmp_path / "poses.json"))["test/good/0.png"]
    assert pose.camera.as_dict() == CAMERA and not pose.converged and pose.seconds == 1.5
    assert pose.camera_to_world.shape == (4, 4)


def test_residuals_and_their_limit_are_read_where_they_are_known(tmp_path: Path) -> None:
    pose = read_poses(write(tmp_path / "poses.json"))["test/good/0.png"]
    assert pose.residual == 0.01 and pose.residual_limit is None
    content = {"camera": CAMERA, "residual_limit": 0.05, "frames": [{**FRAME, "residual": None}]}
    (tmp_path / "poses.json").write_text(json.dumps(content))
    pose = read_poses(tmp_path / "poses.json")["test/good/0.png"]
    assert pose.residual is None and pose.residual_limit == 0.05


def test_light_is_read_and_is_that_of_training_where_nothing_is_said(tmp_path: Path) -> None:
    assert read_poses(write(tmp_path / "poses.json"))["test/good/0.png"].light is UNCHANGED
    same = {"gain": [1.0, 1.0, 1.0], "bias": [0.0, 0.0, 0.0]}
    assert read_poses(write(tmp_path / "poses.json", **same))["test/good/0.png"].light is UNCHANGED
    other = read_poses(write(tmp_path / "poses.json", gain=[0.8, 1.0, 1.1]))["test/good/0.png"].light
    assert other.gain.tolist() == pytest.approx([0.8, 1.0, 1.1]) and other.bias.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("wrong", [{"gain": [1.0]}, {"bias": "dark"}, {"gain": [1.0, 1.0, float("nan")]}])
def test_light_that_is_none_is_an_error(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="not the poses.json"):
        read_poses(write(tmp_path / "poses.json", **wrong))


def test_a_frame_may_have_a_camera_of_its_own(tmp_path: Path) -> None:
    pose = read_poses(write(tmp_path / "poses.json", w=800, h=600, fl_x=1000.0))["test/good/0.png"]
    assert (pose.camera.w, pose.camera.h, pose.camera.fl_x, pose.camera.fl_y) == (800, 600, 1000.0, 510.0)


@pytest.mark.parametrize("matrix", [np.diag([2.0, 1, 1, 1]), np.diag([-1.0, 1, 1, 1]), np.eye(3), np.zeros(4)])
def test_what_is_no_pose_is_named(tmp_path: Path, matrix: np.ndarray) -> None:
    path = write(tmp_path / "poses.json", transform_matrix=matrix.tolist())
    with pytest.raises(UserError, match=r"poses.json: the matrix of test/good/0.png .*; run ns-pad-localize again"):
        read_poses(path)


@pytest.mark.parametrize(
    "changes", [{"fl_x": 0}, {"fl_y": float("nan")}, {"cx": float("inf")}, {"w": 0}, {"h": "high"}, {"file_path": 3}]
)
def test_what_is_no_camera_or_no_name_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"poses.json: not the poses.json of ns-pad-localize \(.*; run that command"):
        read_poses(write(tmp_path / "poses.json", **changes))


def test_a_file_without_poses_says_so(tmp_path: Path) -> None:
    path = tmp_path / "poses.json"
    path.write_text(json.dumps({"camera": CAMERA, "frames": []}))
    with pytest.raises(UserError, match=r"poses.json: holds no pose, .* empty; run ns-pad-localize again"):
        read_poses(path)


def test_a_name_is_the_same_with_and_without_a_dot(tmp_path: Path) -> None:
    assert list(read_poses(write(tmp_path / "poses.json", file_path="./test/good/0.png"))) == ["test/good/0.png"]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"camera": {}, "frames": [{"file_path": "a"}]}', "[1]"])
def test_other_files_are_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "poses.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"poses.json: not the poses.json of ns-pad-localize") as error:
        read_poses(path)
    assert "\n" not in str(error.value)


def test_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere.json: no such file"):
        read_poses(tmp_path / "nowhere.json")
