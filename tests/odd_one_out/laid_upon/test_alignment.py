"""Laying one shape upon another, and the kernels against slow obvious versions."""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from pad_nerfstudio.odd_one_out.laid_upon import alignment_kernels
from pad_nerfstudio.odd_one_out.laid_upon.alignment import Alignment, rotations, signed_distances
from pad_nerfstudio.odd_one_out.laid_upon.cover_kernels import cover
from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance
from pad_nerfstudio.odd_one_out.laid_upon.shape import Shape, shape_of

VOXEL = 0.01


def wedge(rotation: np.ndarray, shift: np.ndarray) -> Shape:
    """An L of unequal arms, moved and cut into voxels."""
    grid = np.stack(np.meshgrid(*[np.arange(-0.25, 0.25, VOXEL)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    x, y, z = (grid @ rotation).T
    long_arm = (np.abs(x) < 0.15) & (np.abs(y + 0.06) < 0.04)
    short_arm = (x > 0.08) & (x < 0.15) & (np.abs(y) < 0.1)
    inside = (np.abs(z) < 0.04) & (long_arm | short_arm)
    return shape_of(Instance(grid[inside] + shift, VOXEL, np.zeros((1, 2, 2), np.uint8)))


def test_rotations_are_rotations_and_leave_no_gap() -> None:
    turns = rotations()
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (len(turns), 1, 1)), atol=1e-12)
    for wanted in Rotation.random(50, random_state=0).as_matrix():
        nearest = np.einsum("nij,ij->n", turns, wanted).max()
        assert np.degrees(np.arccos((nearest - 1) / 2)) < 22


def test_refinement_finds_the_pose_from_fifteen_degrees_off() -> None:
    true = Rotation.from_euler("xyz", [0.3, -0.2, 0.9]).as_matrix()
    shift = np.array([0.3, -0.1, 0.05])
    first, second = wedge(np.eye(3), np.zeros(3)), wedge(true, shift)
    poses = (Rotation.from_rotvec([0.15, -0.15, 0.15]).as_matrix() @ true)[None].copy()
    shifts = second.center - poses @ first.center
    cost = np.empty(1)
    fields = (first.field, first.origin, second.field, second.origin, VOXEL)
    alignment_kernels.refine(0, 1, poses, shifts, first.samples, second.samples, *fields, 0.02, 20, cost)
    assert np.degrees(np.arccos(min((np.trace(poses[0].T @ true) - 1) / 2, 1.0))) < 2
    np.testing.assert_allclose(shifts[0], shift, atol=VOXEL)


def test_signed_distances_are_trilinear() -> None:
    shape = wedge(np.eye(3), np.zeros(3))
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (200, 3))
    pose = Alignment(Rotation.from_euler("z", 0.4).as_matrix(), np.array([0.01, 0.0, 0.02]), 0.0)
    places = (pose.moved(points) - shape.origin) / shape.step
    slow = map_coordinates(shape.field, places.T, order=1, mode="nearest")
    inside = ((places >= 0) & (places <= np.array(shape.field.shape) - 1.001)).all(axis=1)
    assert inside.sum() > 100
    np.testing.assert_allclose(signed_distances(points, pose, shape)[inside], slow[inside], atol=1e-5)


def test_covered_pixels_are_those_within_the_squares() -> None:
    projection = np.array([[[100.0, 0, 32, 0], [0, 100.0, 32, 0], [0, 0, 1, 0]]])
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (20, 3)) + [0, 0, 1]
    own, stamps = np.ones((1, 64, 64), np.uint8), np.zeros((1, 64, 64), np.int32)
    covered = cover(points, 0.02, projection, own, stamps, 7)
    rows, columns = np.mgrid[:64, :64]
    slow = np.zeros((64, 64), bool)
    for x, y, z in points:
        u, v, half = 100 * x / z + 32, 100 * y / z + 32, 100 * 0.02 / z
        slow |= (np.abs(columns - u) <= half) & (np.abs(rows - v) <= half)
    np.testing.assert_array_equal(stamps[0] == 7, slow)
    assert covered == slow.sum()
