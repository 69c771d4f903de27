"""Queries find their pose, kind and mask."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.anomaly import gather
from pad_nerfstudio.anomaly.gather import posed_normal_views, posed_queries
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.localizer import LocalizerConfig


@dataclass
class FieldOfAClass:
    """What gathering looks at of a trained field."""

    data_root: Path
    camera: Pinhole
    held_out_views: list[TrainingView]


@pytest.fixture
def field(mad_class: Path) -> FieldOfAClass:
    return FieldOfAClass(mad_class, Pinhole.from_angle_x(0.691, 16, 16), [])


def write_poses(field: FieldOfAClass, names: list[str], camera: Pinhole | None = None) -> Path:
    frames = [{"file_path": name, "transform_matrix": np.eye(4).tolist(), "converged": True} for name in names]
    path = field.data_root.parent / "poses.json"
    path.write_text(json.dumps({"camera": (camera or field.camera).as_dict(), "frames": frames}))
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


def test_photos_of_other_proportions_keep_the_camera_they_were_localised_with(
    field: FieldOfAClass, tmp_path: Path
) -> None:
    photo, camera = tmp_path / "wide.png", Pinhole(40.0, 41.0, 15.0, 9.0, 32, 20)
    Image.new("RGB", (32, 20)).save(photo)
    poses = write_poses(field, [str(photo), "test/good/0.png"], camera)
    with pytest.raises(UserError, match=rf"0.png: 16x16 pixels, but {poses} .* of 32x20; run ns-pad-localize again"):
        posed_queries(field, [], poses, tmp_path)
    queries, _ = posed_queries(field, [photo], poses, tmp_path)
    assert [query.camera for query in queries] == [camera]
    Image.new("RGB", (64, 40)).save(photo)
    assert posed_queries(field, [photo], poses, tmp_path)[0][0].camera == camera.resized(64, 40)


def test_a_photo_that_has_vanished_is_named_with_the_file_that_names_it(field: FieldOfAClass, tmp_path: Path) -> None:
    poses = write_poses(field, ["test/good/0.png", "test/good/1.png"])
    gone = field.data_root / "test" / "good" / "0.png"
    gone.unlink()
    with pytest.raises(UserError, match=f"{poses}: its photo {gone} is gone; restore it or run ns-pad-localize again"):
        posed_queries(field, [], poses, tmp_path)
    kept = [query.file_path for query in posed_queries(field, [gone.with_name("1.png")], poses, tmp_path)[0]]
    assert kept == ["test/good/1.png"]


def test_poses_without_a_frame_are_no_reason_to_score_the_test_split(field: FieldOfAClass, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pose"):
        posed_queries(field, [], write_poses(field, []), tmp_path)


def test_masks_are_checked_before_anything_is_localised(
    field: FieldOfAClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def localised(*arguments: object) -> Path:
        raise AssertionError("hours are spent here")

    monkeypatch.setattr(gather, "_localised", localised)
    mask = field.data_root / "ground_truth" / "Burrs" / "0_mask.png"
    Image.new("L", (9, 9)).save(mask)
    with pytest.raises(UserError, match="0_mask.png: the mask"):
        posed_queries(field, [], None, tmp_path)
    mask.rename(mask.with_name("77_mask.png"))
    with pytest.raises(UserError, match="77_mask.png: a mask without an image"):
        posed_queries(field, [field.data_root / "test" / "Burrs"], None, tmp_path)


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


def test_a_localizer_is_prepared_once_for_a_field_and_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from pad_nerfstudio.localization import field_localizer

    prepared: list[LocalizerConfig] = []
    monkeypatch.setattr(field_localizer, "localizer_for_field", lambda field, config: prepared.append(config) or field)
    prepare, first, second = gather._PreparedOnce(), object(), object()
    few = LocalizerConfig(hypotheses=2)
    for field, config in ((first, LocalizerConfig()), (first, LocalizerConfig()), (first, few), (second, few)):
        assert prepare(field, config) is field
    assert prepared == [LocalizerConfig(), few, few]


def test_without_held_out_views_there_are_no_normal_views(field: FieldOfAClass, tmp_path: Path) -> None:
    assert posed_normal_views(field, tmp_path) == []
