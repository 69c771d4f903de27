import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.scene_box import below_the_cameras, closest_point_to_axes, scene_box_from_cameras
from tests.mad_class_factory import CAMERA_ANGLE_X, look_at_origin, rig

CAMERA = Pinhole.from_angle_x(CAMERA_ANGLE_X, 80, 80)


def seen_by_all(points: np.ndarray, poses: np.ndarray, camera: Pinhole, tolerance: float = 0.0) -> np.ndarray:
    """Which points every camera projects into its image, give or take `tolerance` pixels: the slow, obvious way."""
    seen = np.ones(len(points), bool)
    for pose in poses:
        x, y, z = ((points - pose[:3, 3]) @ pose[:3, :3]).T
        with np.errstate(divide="ignore", invalid="ignore"):
            u, v = camera.cx - camera.fl_x * x / z, camera.cy + camera.fl_y * y / z
        seen &= (z < 0) & (np.abs(u - camera.w / 2) <= camera.w / 2 + tolerance)
        seen &= np.abs(v - camera.h / 2) <= camera.h / 2 + tolerance
    return seen


def corners_seen_by_all(poses: np.ndarray, camera: Pinhole) -> np.ndarray:
    """Corners of the intersection of the view pyramids: of all points where three of their sides meet, those seen."""
    sides, offsets = [], []
    image_corners = [(0, 0), (camera.w, 0), (camera.w, camera.h), (0, camera.h)]
    for pose in poses:
        rays = [((u - camera.cx) / camera.fl_x, (camera.cy - v) / camera.fl_y, -1) for u, v in image_corners]
        rays = [pose[:3, :3] @ np.array(ray) for ray in rays]
        for ray, next_ray in zip(rays, rays[1:] + rays[:1], strict=True):
            sides.append(np.cross(ray, next_ray))
            offsets.append(sides[-1] @ pose[:3, 3])
    triples = np.array(list(itertools.combinations(range(len(sides)), 3)))
    normals, values = np.array(sides)[triples], np.array(offsets)[triples]
    meets = np.abs(np.linalg.det(normals)) > 1e-9
    points = np.linalg.solve(normals[meets], values[meets][..., None])[..., 0]
    return points[seen_by_all(points, poses, camera, tolerance=1e-6)]


@pytest.mark.parametrize("radius", [3.0, 3.5, 4.0])
def test_the_rig_gives_the_ball_that_all_views_hold(radius: float) -> None:
    box = scene_box_from_cameras(rig(radius=radius), [CAMERA] * len(rig()))
    half = (box[1] - box[0]) / 2
    np.testing.assert_allclose(box.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(half, half[0])
    ball = radius * math.sin(CAMERA_ANGLE_X / 2)
    assert ball <= half[0] <= 1.05 * ball


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 3), st.floats(-30, 30))
def test_the_box_is_the_smallest_cube_around_all_that_is_seen_by_all(seed: int, more: int, shift: float) -> None:
    directions = np.random.default_rng(seed).normal(size=(more, 3))
    sides = np.array([[1.0, 0.1, 0.0], [-1.0, 0.1, 0.2], [0.1, 1.0, 0.0], [0.0, -1.0, 0.3], [0.2, 0.0, 1.0]])
    directions = np.vstack([sides, directions])
    poses = np.stack([look_at_origin(4 * d / np.linalg.norm(d)) for d in directions])
    poses[:, :3, 3] += shift
    camera = Pinhole(100.0, 120.0, 38.0, 43.0, 80, 80)
    box = scene_box_from_cameras(poses, [camera] * len(poses))
    np.testing.assert_allclose(box.mean(axis=0), shift, atol=1e-9)
    expected = np.abs(corners_seen_by_all(poses, camera) - shift).max()
    np.testing.assert_allclose(box[1] - shift, expected, rtol=1e-4)


def test_a_view_aimed_off_does_not_cut_the_box() -> None:
    poses = rig()
    usual = scene_box_from_cameras(poses, [CAMERA] * len(poses))
    poses[7, :3, :3] = poses[7, :3, :3] @ rotation_y(0.3)
    box = scene_box_from_cameras(poses, [CAMERA] * len(poses))
    ball = 4.0 * math.sin(CAMERA_ANGLE_X / 2)
    assert (box[1] - box[0]).min() / 2 > 0.98 * ball
    np.testing.assert_allclose(box.mean(axis=0), usual.mean(axis=0), atol=0.05)


def test_pyramids_without_a_common_point_still_give_a_box() -> None:
    poses = rig(rings=1, azimuths=8)
    for pose in poses[::2]:
        pose[:3, :3] = pose[:3, :3] @ rotation_y(math.pi)
    box = scene_box_from_cameras(poses, [CAMERA] * len(poses))
    assert np.isfinite(box).all() and (box[1] > box[0]).all()


def test_one_camera_is_bounded_by_its_distance() -> None:
    pose = look_at_origin(np.array([4.0, 0.0, 0.0]))
    box = scene_box_from_cameras(pose[None], [CAMERA])
    assert np.isfinite(box).all() and (box[1] > box[0]).all()
    parallel = np.stack([pose, pose])
    parallel[1, :3, 3] += [0, 1, 0]
    assert np.isfinite(scene_box_from_cameras(parallel, [CAMERA] * len(parallel))).all()


def test_axes_through_a_point_meet_there() -> None:
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(5, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    target = np.array([10.0, -20.0, 3.0])
    centres = target - directions * rng.uniform(1, 5, size=(5, 1))
    np.testing.assert_allclose(closest_point_to_axes(centres, directions), target, atol=1e-9)


def test_parallel_axes_give_a_point_beside_the_cameras() -> None:
    directions = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    centres = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    np.testing.assert_allclose(closest_point_to_axes(centres, directions), [1, 0, 0], atol=1e-9)


def test_a_box_ends_half_way_to_cameras_that_stand_above_its_centre() -> None:
    box = np.array([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
    around = np.array([[0.9, 0.0, 0.5], [-0.9, 0.0, 0.4], [0.0, 0.9, 0.6]])
    np.testing.assert_array_equal(below_the_cameras(box, around), [[-1, -1, -0.2], [1, 1, 0.2]])
    mirrored = around * [1, 1, -1]
    np.testing.assert_array_equal(below_the_cameras(box, mirrored), [[-1, -1, -0.2], [1, 1, 0.2]])
    np.testing.assert_array_equal(below_the_cameras(box, around + [0, 0, 3]), box)
    np.testing.assert_array_equal(below_the_cameras(box, around * [1, 1, 0] + [0, 0, 0]), box)


def rotation_y(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
