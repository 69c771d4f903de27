import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pad_nerfstudio.data.transforms_json import check_rigid, read_transforms
from pad_nerfstudio.errors import UserError
from tests.mad_class_factory import look_at_origin

POSE = look_at_origin(np.array([1.0, 2.0, 3.0])).tolist()
NAN, INF = float("nan"), float("inf")


def content(**changes: object) -> dict:
    frames = [{"file_path": "train/good/0.png", "transform_matrix": POSE}]
    return {"camera_angle_x": 0.691, "frames": frames, **changes}


def written(folder: Path, value: object) -> Path:
    path = folder / "transforms.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_the_official_file(tmp_path: Path) -> None:
    transforms = read_transforms(written(tmp_path, content()))
    assert transforms.frames[0].file_path == "train/good/0.png"
    assert transforms.frames[0].camera_to_world.tolist() == POSE
    camera = transforms.camera(800, 600)
    assert camera.fl_x == camera.fl_y == pytest.approx(400 / math.tan(0.691 / 2))
    assert (camera.cx, camera.cy, camera.w, camera.h) == (400, 300, 800, 600)


def test_focal_lengths_win_over_the_angle_and_follow_the_image_size(tmp_path: Path) -> None:
    given_ = content(fl_x=500, fl_y=510, cx=90, cy=110, w=200, h=200)
    camera = read_transforms(written(tmp_path, given_)).camera(100, 100)
    assert (camera.fl_x, camera.fl_y, camera.cx, camera.cy, camera.w, camera.h) == (250, 255, 45, 55, 100, 100)
    del given_["camera_angle_x"], given_["fl_y"], given_["cx"], given_["w"], given_["h"]
    camera = read_transforms(written(tmp_path, given_)).camera(100, 80)
    assert (camera.fl_x, camera.fl_y, camera.cx, camera.cy) == (500, 500, 50, 110)


def test_a_stated_size_of_other_proportions_is_refused(tmp_path: Path) -> None:
    transforms = read_transforms(written(tmp_path, content(w=504, h=378)))
    assert transforms.camera(252, 189).w == 252
    with pytest.raises(UserError, match="504x378 pixels but the training images have 100x100"):
        transforms.camera(100, 100)


def test_a_byte_order_mark_is_no_error_and_distortion_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(content(k1=0.1)), encoding="utf-8-sig")
    assert read_transforms(path).distorted
    assert not read_transforms(written(tmp_path, content(k1=0.0))).distorted


def matrix(row: int, column: int, value: object) -> list:
    changed = [list(r) for r in POSE]
    changed[row][column] = value
    return changed


def frame(**changes: object) -> dict:
    return content(frames=[content()["frames"][0] | changes])


def test_a_frame_has_the_last_word_on_its_own_camera(tmp_path: Path) -> None:
    own = frame(fl_x=70, w=300, h=400) | {"fl_x": 500, "fl_y": 510, "cx": 90, "cy": 110, "w": 200, "h": 200, "k1": 0}
    transforms = read_transforms(written(tmp_path, own))
    camera = transforms.camera(150, 200, transforms.frames[0])
    assert (camera.fl_x, camera.fl_y, camera.cx, camera.cy, camera.w, camera.h) == (35, 35, 75, 100, 150, 200)
    assert transforms.camera(200, 200).fl_y == 510
    with pytest.raises(UserError, match="its frame 'train/good/0.png' is for images of 300x400 pixels"):
        transforms.camera(200, 200, transforms.frames[0])


def test_frames_alone_may_tell_the_cameras_and_their_distortion(tmp_path: Path) -> None:
    given_ = frame(camera_angle_x=0.5)
    del given_["camera_angle_x"]
    transforms = read_transforms(written(tmp_path, given_))
    assert transforms.camera(100, 100, transforms.frames[0]).fl_x == pytest.approx(50 / math.tan(0.25))
    assert read_transforms(written(tmp_path, frame(k1=0.1))).distorted


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("{", "not valid JSON (line 1"),
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ([1], "holds no JSON object"),
        (content(frames=None), "no list of 'frames'"),
        (content(frames=[]), "no list of 'frames'"),
        (content(frames={"0": 1}), "no list of 'frames'"),
        ({"frames": content()["frames"]}, "the key 'camera_angle_x' is missing"),
        (content(camera_angle_x=0), "'camera_angle_x' is 0"),
        (content(camera_angle_x=3.2), "'camera_angle_x' is 3.2"),
        (content(camera_angle_x="0.691"), "'camera_angle_x' is '0.691'"),
        (content(camera_angle_x=NAN), "'camera_angle_x' is nan"),
        (content(fl_x=-5), "'fl_x' is -5"),
        (content(w=10.5), "'w' is 10.5, not a whole number"),
        (content(frames=[7]), "frame 0 lacks the key 'file_path'"),
        (content(frames=[{"file_path": "a"}]), "frame 0 lacks the key 'transform_matrix'"),
        (frame(fl_x=-5), "'fl_x' of frame 0 is -5"),
        (frame(mask_path=5), "mask_path that is no path (5)"),
        (frame(file_path=5), "no path (5)"),
        (frame(file_path=" "), "no path"),
        (frame(file_path="a\0b"), "no path"),
        (frame(transform_matrix="x"), "is no 4x4 matrix"),
        (frame(transform_matrix=[1, 2]), "is no 4x4 matrix"),
        (frame(transform_matrix=[[1, 2], [3]]), "is no 4x4 matrix"),
        (frame(transform_matrix=POSE[:3]), "is 3x4 instead of 4x4"),
        (frame(transform_matrix=matrix(0, 0, NAN)), "not finite"),
        (frame(transform_matrix=matrix(0, 3, INF)), "not finite"),
        (frame(transform_matrix=matrix(0, 3, None)), "not finite"),
        (frame(transform_matrix=matrix(0, 3, 10**400)), "not finite"),
        (frame(transform_matrix=matrix(3, 0, 0.1)), "last row"),
        (frame(transform_matrix=(2 * np.array(POSE) - np.diag([0, 0, 0, 1])).tolist()), "is not rigid"),
        (frame(transform_matrix=matrix(0, 0, 1e300)), "is not rigid"),
        (frame(transform_matrix=np.diag([1, 1, -1, 1]).tolist()), "mirrors"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_every_mistake_is_one_sentence_that_names_the_file(tmp_path: Path, value: object, complaint: str) -> None:
    path = written(tmp_path, value)
    with pytest.raises(UserError) as caught:
        read_transforms(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and complaint in message and ";" in message and "\n" not in message


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_transforms(tmp_path / "missing.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not valid JSON"):
        read_transforms(tmp_path / "binary.json")


@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: 0.1 < sum(x * x for x in q)), st.floats(-100, 100))
def test_rotations_pass_even_when_rounded_to_float32(quaternion: tuple[float, ...], shift: float) -> None:
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = shift
    assert check_rigid(pose) is None
    assert check_rigid(pose.astype(np.float32).astype(np.float64)) is None
    assert check_rigid(np.round(pose, 6)) is None
    assert "rigid" in (check_rigid(pose * np.array([1.01, 1.01, 1.01, 1])) or "")
    assert "mirrors" in (check_rigid(pose * np.array([-1, 1, 1, 1])) or "")
