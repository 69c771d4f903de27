"""Queries find their pose, kind and mask."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.anomaly.gather import posed_normal_views, posed_queries
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError


@dataclass
class FieldOfAClass:
    """What gathering looks at of a trained field."""

    data_root: Path
    camera: Pinhole
    held_out_views: list[TrainingView]


@pytest.fixture
def field(mad_class: Path) -> FieldOfAClass:
    return FieldOfAClass(mad_class, Pinhole.from_angle_x(0.691, 16, 16), [])


def write_poses(field: FieldOfAClass, names: list[str]) -> Path:
    frames = [{"file_path": name, "transform_matrix": np.eye(4).tolist(), "converged": True} for name in names]
    path = field.data_root.parent / "poses.json"
    path.write_text(json.dumps({"camera": field.camera.as_dict(), "frames": frames}))
    return path


def test_queries_of_the_poses_carry_kind_and_mask(field: FieldOfAClass, tmp_path: Path) -> None:
    poses = write_poses(field, ["test/good/0.png", "test/Burrs/1.png"])
    queries, notes = posed_queries(field, [], poses, tmp_path)
    assert [(q.file_path, q.kind, q.label) for q in queries] == [
        ("test/good/0.png", "good", 0),
        ("test/Burrs/1.png", "Burrs", 1),
    ]
    assert queries[0].mask_path is None and queries[1].mask_path is not None and notes == []


def test_a_photo_from_elsewhere_has_neither_kind_nor_label(field: FieldOfAClass, tmp_path: Path) -> None:
    photo = tmp_path / "elsewhere.png"
    Image.new("RGB", (32, 32)).save(photo)
    queries, _ = posed_queries(field, [photo], write_poses(field, [str(photo)]), tmp_path)
    assert (queries[0].kind, queries[0].label, queries[0].camera.w) == ("", None, 32)


def test_a_query_without_pose_is_named(field: FieldOfAClass, tmp_path: Path) -> None:
    poses = write_poses(field, ["test/good/0.png"])
    with pytest.raises(UserError, match=r"holds no pose of test/Burrs/0.png"):
        posed_queries(field, [field.data_root / "test" / "Burrs"], poses, tmp_path)


def test_a_mask_of_another_size_stops_or_is_left_out(field: FieldOfAClass, tmp_path: Path) -> None:
    Image.new("L", (9, 9)).save(field.data_root / "ground_truth" / "Burrs" / "0_mask.png")
    poses = write_poses(field, ["test/Burrs/0.png"])
    with pytest.raises(UserError, match="0_mask.png: the mask"):
        posed_queries(field, [], poses, tmp_path)
    queries, notes = posed_queries(field, [], poses, tmp_path, skip_bad_images=True)
    assert queries[0].mask_path is None and "0_mask.png" in notes[0]


def test_a_broken_photo_stops_or_is_left_out(field: FieldOfAClass, tmp_path: Path) -> None:
    broken = field.data_root / "test" / "good" / "0.png"
    broken.write_bytes(broken.read_bytes()[:60])
    poses = write_poses(field, ["test/good/0.png", "test/good/1.png"])
    with pytest.raises(UserError, match="0.png"):
        posed_queries(field, [], poses, tmp_path)
    queries, notes = posed_queries(field, [], poses, tmp_path, skip_bad_images=True)
    assert [query.file_path for query in queries] == ["test/good/1.png"] and "0.png" in notes[0]


def test_without_held_out_views_there_are_no_normal_views(field: FieldOfAClass, tmp_path: Path) -> None:
    assert posed_normal_views(field, tmp_path) == []
