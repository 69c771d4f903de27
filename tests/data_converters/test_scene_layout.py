"""Placement, cameras and files of scenes."""

import json
from pathlib import Path

import numpy as np
import pytest
from rendering.cameras import project
from scenes.instance import Instance, instance_name, instance_path, sized, standing
from scenes.layout import depth_bytes, is_anomalous, pixel_box, scene2d, scene3d, write_metadata, write_view
from scenes.placement import (
    CAMERA_ANGLE_X,
    all_in_view,
    draw_orbit,
    footprint,
    intrinsics,
    orbit_poses,
    placed,
    separation,
)  # fmt: skip
from scenes.plan import draw_kinds, draw_plan
from scenes.settings import Settings

from tests.data_converters.scene_meshes import bar, lollipop

SQUARE = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1.0]])


def test_separation_of_squares() -> None:
    assert separation(SQUARE, SQUARE + [3, 0]) == pytest.approx(1)
    assert separation(SQUARE, SQUARE + [1.5, 0.2]) == pytest.approx(-0.5)
    diamond = SQUARE @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    assert separation(SQUARE, diamond + [2, 2]) == pytest.approx(2 * np.sqrt(2) - 1 - np.sqrt(2))


def test_placed_outlines_lie_in_the_disc_and_apart() -> None:
    outlines = [footprint(np.column_stack([SQUARE * [0.12, 0.05], np.zeros(4)]))] * 8
    found = placed(outlines, np.random.default_rng(2))
    assert found is not None
    there = [
        outline @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + shift
        for outline, (turn, shift) in zip(outlines, found, strict=True)
    ]
    assert max(np.linalg.norm(o, axis=1).max() for o in there) <= 0.45
    assert min(separation(a, b) for i, a in enumerate(there) for b in there[:i]) >= 0.02
    assert placed([0.3 * SQUARE] * 4, np.random.default_rng(2)) is None, "no room"


def test_orbit_goes_round_once_and_looks_at_the_middle() -> None:
    poses = orbit_poses(draw_orbit(np.random.default_rng(0)), 20)
    azimuth = np.unwrap(np.arctan2(poses[:, 1, 3], poses[:, 0, 3]))
    assert np.allclose(np.diff(azimuth), np.pi / 10, atol=0.03) and (poses[:, 2, 3] > 0.3).all()
    assert all_in_view(np.zeros((1, 3)), poses) and not all_in_view(np.array([[0, 0, 0], [0, 3.0, 0]]), poses)
    assert intrinsics(256)[0, 0] == pytest.approx(213.3333, abs=1e-3), "as in the published sample"


def scene() -> tuple[list[Instance], np.ndarray]:
    mesh, _ = sized(bar(), 0.3)
    turned = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    kinds = [None, "crack", None]
    poses = [standing(turned, mesh.vertices, 0.4 * i, np.array([0.3 * i - 0.3, 0.1])) for i in range(3)]
    instances = [
        Instance(instance_name(i), instance_path("bar", kind, 1), mesh, pose)
        for i, (kind, pose) in enumerate(zip(kinds, poses, strict=True))
    ]
    return instances, orbit_poses(draw_orbit(np.random.default_rng(0)), 4)


def test_instances_stand_on_the_floor_under_names_that_tell_what_is_wrong() -> None:
    instances, _ = scene()
    assert [i.name for i in instances] == ["object", "object.001", "object.002"]
    assert [Path(i.path).name for i in instances] == ["bar_000.blend", "bar_000-crack-001.blend", "bar_000.blend"]
    assert [is_anomalous(i) for i in instances] == [False, True, False]
    assert all(np.isclose(i.in_world(i.mesh.vertices)[:, 2].min(), 0) for i in instances)


def test_metadata_project_as_the_pictures_were_taken() -> None:
    instances, poses = scene()
    content = json.loads(json.dumps(scene3d(instances, poses, 256, {})))
    k = np.array(content["camera"]["K"])
    for pose, camera in zip(poses, content["camera"]["poses"], strict=True):
        x, y, z, _ = np.array(camera["rotation"]) @ [*content["objects"][1]["bbox"][0], 1]
        (expected,) = project(instances[1].pose[:3, 3][None], pose, CAMERA_ANGLE_X)
        assert z > 0
        assert np.allclose((k @ [x, y, z])[:2] / z, 128 + 128 * expected * [1, -1])


def test_metadata_have_the_keys_of_the_published_sample() -> None:
    content = json.loads(json.dumps(scene3d(*scene(), 256, {"floor_pbr": "wood", "background_hdr": "clouds"})))
    assert set(content) == {"objects", "camera", "scene", "rendering_info"}
    assert set(content["objects"][0]) == {
        "name", "path", "rotation_matrix", "rotation_euler", "location", "scale", "bbox", "bounds",
    }  # fmt: skip
    assert content["objects"][0]["bbox"][1] == pytest.approx([0.3, 0.072, 0.06])
    least, greatest = np.array(content["objects"][1]["bounds"])
    assert least[2] == pytest.approx(0) and np.allclose((least + greatest) / 2, content["objects"][1]["bbox"][0])


def test_labels_are_zero_for_what_is_anomalous_and_boxes_are_half_open() -> None:
    index = np.zeros((8, 8), int)
    index[2:4, 5:8] = 2
    content = scene2d(scene()[0], [index, np.zeros((8, 8), int)])
    assert content["anomaly_labels"] == [1, 0, 1]
    assert content["bbox"] == {"0000.png": [[5, 2, 8, 4]], "0001.png": []}
    assert pixel_box(index == 1) is None


def test_depth_png_spans_the_finite_depths() -> None:
    depth = np.array([[0.5, 1.0], [1.5, np.inf]], np.float32)
    assert depth_bytes(depth).tolist() == [[0, 32768], [65535, 65535]]
    assert (depth_bytes(np.full((2, 2), np.inf, np.float32)) == 65535).all()


def test_files_of_a_view(tmp_path: Path) -> None:
    instances, poses = scene()
    index = np.arange(16).reshape(4, 4) % 5
    depth = np.where(index, 1.0, np.inf).astype(np.float32)
    write_view(tmp_path, 0, np.zeros((4, 4, 3), np.uint8), index, depth, instances)
    write_metadata(tmp_path, instances, poses, 4, {}, [index])
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*") if p.is_file()) == sorted(
        ["RGB/0000.png", "binary_labels/0000.png", "depth_exr/0000.exr", "depth_png/0000.png"]
        + [f"segmentations/{n}/{n}_0000.png" for n in ("object", "object.001", "object.002", "floor_object")]
        + ["scene2d.metadata.json", "scene3d.metadata.json"]
    )


def test_those_with_an_anomaly_are_fewer() -> None:
    settings = Settings(max_objects=12)
    rng = np.random.default_rng(0)
    drawn = [draw_kinds(rng, settings) for _ in range(1000)]
    wrong = [sum(kind is not None for kind in kinds) for kinds in drawn]
    assert all(2 * w < len(kinds) for w, kinds in zip(wrong, drawn, strict=True))
    assert {len(kinds) for kinds in drawn} == set(range(3, 13))
    assert 0.15 < np.mean(np.array(wrong) == 0) < 0.25 and max(wrong) >= 4


def plan(visible: bool) -> object:
    return draw_plan(
        np.random.default_rng(4), "toy", lollipop(), [None, "material", None], Settings(views=4),
        resting=lambda bodies, starts: starts,
        draw_start=lambda rng, upright: np.eye(3),
        blockers=lambda instances: lambda eye, points: np.full(len(points), visible),
    )  # fmt: skip


def test_a_plan_is_refused_where_no_view_shows_the_anomaly() -> None:
    assert plan(visible=False) is None
    found = plan(visible=True)
    assert found is not None and [is_anomalous(i) for i in found.instances] == [False, True, False]
    assert len(found.poses) == 4
