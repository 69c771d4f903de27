"""Brick toys: the rig, the test poses, the shapes, user errors, and one tiny render."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import render_bricks
from bricks.camera_rig import draw_test_pose, ring_poses
from bricks.defects import Hit, draw_burr, draw_stain
from bricks.parts import Part, Solid, solids
from bricks.physical_parts import mask_name, physical_parts
from bricks.settings import Settings, check, check_resumable, recorded
from bricks.toy import all_vertices, placed_solids
from bricks.toys import TOYS
from PIL import Image
from rendering.cameras import camera_to_world, project
from rendering.errors import UserError

ANGLE = Settings().camera_angle_x


def signed_volume(solid: Solid) -> float:
    """Positive where all faces turn outwards."""
    fans = [(face[0], face[i], face[i + 1]) for face in solid.faces for i in range(1, len(face) - 1)]
    a, b, c = (solid.vertices[list(corner)] for corner in zip(*fans, strict=True))
    return float((a * np.cross(b, c)).sum() / 6)


def is_rigid(poses: np.ndarray) -> bool:
    rotation = poses[:, :3, :3]
    orthonormal = np.allclose(rotation @ rotation.transpose(0, 2, 1), np.eye(3))
    return orthonormal and np.allclose(np.linalg.det(rotation), 1) and np.allclose(poses[:, 3], [0, 0, 0, 1])


def test_default_rig_is_that_of_mad_sim():
    poses = ring_poses(Settings().rig)
    assert poses.shape == (210, 4, 4)
    assert is_rigid(poses)
    positions = poses[:, :3, 3]
    assert np.allclose(np.linalg.norm(positions, axis=1), 4.0)
    # OpenGL axes: the camera looks along -z, here exactly at the origin, with z of the world up in the image
    assert np.allclose(poses[:, :3, 2] * 4.0, positions)
    assert np.allclose(poses[:, 2, 0], 0)
    assert (poses[:, 2, 1] > 0).all()
    elevations = np.degrees(np.arcsin(positions[:, 2] / 4)).reshape(14, 15)
    assert np.allclose(elevations, np.linspace(85, -85, 14)[:, None])


def test_projection_agrees_with_the_camera_axes():
    pose = camera_to_world(np.array([4.0, 0, 0]), np.zeros(3))
    origin, left_of_the_toy, above = project(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1.0]]), pose, ANGLE)
    edge = 1 / (4 * np.tan(ANGLE / 2))
    assert np.allclose(origin, 0)
    assert np.allclose(left_of_the_toy, [edge, 0])
    assert np.allclose(above, [0, edge])


@pytest.mark.parametrize("name", TOYS)
def test_poses_keep_the_toy_in_view(name):
    settings = Settings(toy=name)
    points = all_vertices(placed_solids(TOYS[name], settings.toy_radius))
    rng = np.random.default_rng(3)
    poses = np.stack([draw_test_pose(rng, settings.test_poses, points, ANGLE) for _ in range(25)])
    assert is_rigid(poses)
    assert max(np.abs(project(points, pose, ANGLE)).max() for pose in poses) <= 1 - settings.margin
    assert (poses[:, 2, 3] < 0).any() and (poses[:, 2, 3] > 0).any(), "from below and from above"
    assert np.abs(project(points, ring_poses(settings.rig)[0], ANGLE)).max() < 1


def test_roll_turns_about_the_viewing_axis():
    position, target = np.array([3.0, 1, 2]), np.array([0.1, 0, 0])
    upright, rolled = camera_to_world(position, target), camera_to_world(position, target, roll=0.2)
    assert np.allclose(upright[:3, 2:], rolled[:3, 2:])
    assert np.isclose(upright[:3, 1] @ rolled[:3, 1], np.cos(0.2))


@pytest.mark.parametrize("name", TOYS)
def test_toys_are_well_made(name):
    toy = TOYS[name]
    placed = placed_solids(toy, 1.15)
    points = all_vertices(placed)
    assert np.isclose(np.linalg.norm(points, axis=1).max(), 1.15)
    assert 0.25 < np.abs(points).max(0).min() and np.abs(points).max() < 1.15
    assert len({part.name for part in toy.parts}) == len(toy.parts) < 255
    assert all(signed_volume(solid) > 0 for group in placed for solid in group)
    assert sum(not part.core for part in toy.parts) >= 8, "enough parts can be missing"


@pytest.mark.parametrize("name", TOYS)
def test_no_mirror_image_or_turn_maps_a_toy_onto_itself(name):
    toy = TOYS[name]
    groups = placed_solids(toy, 1.0)
    centres = np.stack([np.concatenate([s.vertices for s in group]).mean(0) for group in groups])
    colours = np.array([part.colour for part in toy.parts])
    for flips in ([1, -1, 1], [-1, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]):
        gap = np.linalg.norm(centres[:, None] * flips - centres, axis=-1)
        gap[colours[:, None] != colours] = np.inf
        assert (gap.min(1) > 0.1).sum() >= 2, flips


@pytest.mark.parametrize("shape", ["box", "slope", "round", "cone", "ball"])
def test_shapes_keep_their_size(shape):
    vertices = solids(Part("p", shape, (1, 2, 3), (2, 2, 3), "red", studs=False))[0].vertices
    assert np.allclose(vertices.min(0), [1, 2, 1.2], atol=0.02)
    assert np.allclose(vertices.max(0), [3, 4, 2.4], atol=0.02)


def flat_ground(origin: np.ndarray, direction: np.ndarray) -> Hit | None:
    """The plane z = 0 for x < 0.1, where the toy ends."""
    point = origin - direction * origin[2] / direction[2]
    return Hit(point, np.array([0, 0, 1.0]), 0) if point[0] < 0.1 else None


def test_stain_is_a_thin_sheet_that_ends_with_the_surface():
    hit = Hit(np.zeros(3), np.array([0, 0, 1.0]), 0)
    drawn = [
        draw_stain(np.random.default_rng(i), hit, (0.4, 0.4), flat_ground, np.array([0.9, 0.9, 0.9])) for i in range(9)
    ]
    stains = [stain for stain in drawn if stain]
    assert len(stains) >= 3
    for stain in stains:
        used = stain.vertices[np.unique(stain.faces)]
        assert np.allclose(used[:, 2], used[0, 2]) and 0 < used[0, 2] < 0.005
        assert used[:, 0].max() < 0.1
        assert stain.colour is not None and (0 <= stain.colour).all() and (stain.colour <= 1).all()


def test_burr_sticks_out_and_is_rooted_in_the_part():
    hit = Hit(np.array([0.2, 0, 0]), np.array([1.0, 0, 0]), 0)
    for seed in range(5):
        burr = draw_burr(np.random.default_rng(seed), hit, (0.05, 0.12))
        assert burr.colour is None
        assert burr.vertices[:, 0].min() < 0.2 < burr.vertices[:, 0].max() - 0.03


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--toy", "unicorn"], "--toy unicorn is unknown: choose one of parrot"),
        ([], "no --toy was given: choose one of"),
        (["--toy", "crab", "--rings", "0"], "--rings is 0: it must be at least 1"),
        (["--toy", "crab", "--kinds", "Dents"], "--kinds Dents is unknown"),
        (["--toy", "crab", "--toy-radius", "5"], "--toy-radius is 5.0: it must lie between"),
        (["--toy", "crab", "--stain-size", "0.3", "0.1"], "--stain-size 0.3 0.1 is no range"),
        (["--toy", "crab", "--part-views", "0"], "--part-views is 0: it must be at least 1"),
    ],
)
def test_mistakes_end_with_one_sentence(arguments, sentence, capsys, tmp_path):
    assert render_bricks.main([*arguments, "--output-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_without_blender_the_extra_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert render_bricks.main(["--toy", "crab", "--output-dir", str(tmp_path)]) == 2
    assert 'pip install "pad-nerfstudio[render]"' in capsys.readouterr().err


def test_list_toys(capsys):
    assert render_bricks.main(["--list-toys"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == list(TOYS)


def test_pictures_of_two_settings_do_not_mix():
    before = json.loads(json.dumps(recorded(Settings(toy="crab"))))
    check_resumable(Settings(toy="crab", test_images=30, threads=1), before, Path("render_settings.json"))
    with pytest.raises(UserError, match="--samples 24, not 8"):
        check_resumable(Settings(toy="crab", samples=8), before, Path("render_settings.json"))
    check(Settings(toy="crab"))


def test_parts_have_names_of_their_own_and_more_can_be_asked_for_later():
    few = physical_parts(Settings(toy="crab", defective_parts=1, good_parts=2, part_views=2))
    assert [part.name for part in few] == ["good-0", "good-1", "Burrs-0", "Missing-0", "Stains-0"]
    assert few[2].views == ("test/Burrs/Burrs-0/0.png", "test/Burrs/Burrs-0/1.png")
    more = Settings(toy="crab", defective_parts=3, good_parts=2, part_views=5)
    assert {part.name: part.views[:2] for part in physical_parts(more)}.items() >= {
        p.name: p.views for p in few
    }.items()
    check_resumable(more, json.loads(json.dumps(recorded(Settings(toy="crab")))), Path("render_settings.json"))
    assert physical_parts(Settings(toy="crab")) == []
    assert mask_name(few[2].views[1]) == "ground_truth/Burrs/Burrs-0/1_mask.png"
    assert mask_name("test/Stains/7.png") == "ground_truth/Stains/7_mask.png"


NEEDS_BPY = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy (Blender) is not installed")
TINY = "--image-size 32 --rings 2 --azimuths 2 --test-images 1 --samples 2 --threads 2".split()


@NEEDS_BPY
def test_tiny_render_has_the_layout_and_goes_on_after_an_interruption(tmp_path, capsys):
    command = ["--toy", "crab", "--output-dir", str(tmp_path), *TINY]
    assert render_bricks.main(command) == 0
    root = tmp_path / "crab"
    assert f"ns-train pad-nerf --data {root}" in capsys.readouterr().out
    frames = json.loads((root / "transforms.json").read_text())["frames"]
    assert [frame["file_path"] for frame in frames] == [f"train/good/{i}.png" for i in range(4)]
    true = json.loads((root / "true_poses.json").read_text())
    assert true["camera"]["w"] == 32
    assert {frame["file_path"] for frame in true["frames"]} == {
        f"test/{kind}/0.png" for kind in ("good", "Burrs", "Missing", "Stains")
    }
    for kind in ("Burrs", "Missing", "Stains"):
        mask = np.asarray(Image.open(root / f"ground_truth/{kind}/0_mask.png"))
        assert mask.shape == (32, 32) and set(np.unique(mask)) == {0, 255}
    images = sorted(root.glob("*/*/*.png"))
    pictures = {path: np.asarray(Image.open(path)) for path in images}
    view = pictures[root / "train/good/0.png"]
    assert view.shape == (32, 32, 3) and (view[0] == 255).all() and (view < 200).any()

    redone = [root / "test/Burrs/0.png", root / "ground_truth/Burrs/0_mask.png", root / "train/good/2.png"]
    for path in redone:
        path.unlink()
    kept = {path: path.stat().st_mtime_ns for path in images if path not in redone}
    assert render_bricks.main(command) == 0
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    assert sorted(root.glob("*/*/*")) == images
    assert all(np.abs(np.asarray(Image.open(path)).astype(int) - pictures[path]).max() <= 1 for path in redone)
    assert json.loads((root / "true_poses.json").read_text()) == true


@NEEDS_BPY
def test_unusable_folders_are_named(tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    assert render_bricks.main(["--toy", "crab", "--output-dir", str(tmp_path / "file"), *TINY]) == 2
    assert "cannot be written (Not a directory): give another --output-dir" in capsys.readouterr().err
    (tmp_path / "crab").mkdir()
    (tmp_path / "crab" / "render_settings.json").write_text("{")
    assert render_bricks.main(["--toy", "crab", "--output-dir", str(tmp_path), *TINY]) == 2
    assert f"{tmp_path / 'crab' / 'render_settings.json'} is no JSON" in capsys.readouterr().err


@NEEDS_BPY
def test_parts_are_seen_from_several_sides_and_go_on_after_an_interruption(tmp_path):
    command = [
        "--toy",
        "crab",
        "--output-dir",
        str(tmp_path),
        *TINY,
        "--test-images",
        "0",
        "--kinds",
        "Stains",
        "Missing",
    ]
    command += ["--min-defect-pixels", "300"]  # so few pixels in so small a picture
    assert render_bricks.main([*command, "--defective-parts", "1", "--good-parts", "1", "--part-views", "4"]) == 0
    root = tmp_path / "crab"
    images = sorted(path.relative_to(root).as_posix() for path in root.glob("test/*/*/*.png"))
    parts = ("Missing/Missing-0", "Stains/Stains-0", "good/good-0")
    assert images == [f"test/{part}/{view}.png" for part in parts for view in range(4)]
    masks = {view: np.asarray(Image.open(root / f"ground_truth/{parts[0]}/{view}_mask.png")) for view in range(4)}
    assert set(np.unique(list(masks.values()))) == {0, 255} and not (root / "ground_truth" / "good").exists()
    true = json.loads((root / "true_poses.json").read_text())
    of_part = [frame for frame in true["frames"] if "Missing-0" in frame["file_path"]]
    assert len({frame["defect"]["part"] for frame in of_part}) == 1, "one part has one defect"
    assert len({str(frame["transform_matrix"]) for frame in of_part}) == 4
    assert {frame["file_path"] for frame in true["frames"]} == set(images)

    picture, mask = root / f"test/{parts[0]}/2.png", root / f"ground_truth/{parts[0]}/2_mask.png"
    before = np.asarray(Image.open(picture)).astype(int)
    picture.unlink(), mask.unlink()
    assert render_bricks.main([*command, "--defective-parts", "1", "--good-parts", "1", "--part-views", "4"]) == 0
    assert np.abs(np.asarray(Image.open(picture)) - before).max() <= 1
    np.testing.assert_array_equal(np.asarray(Image.open(mask)), masks[2])
    assert json.loads((root / "true_poses.json").read_text()) == true
