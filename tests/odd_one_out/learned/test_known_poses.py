"""Correspondences by known poses."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.data.scene_set import SceneSet
from pad_nerfstudio.odd_one_out.learned.augmentation import Motion, moved_poses
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.known_poses import correspondence_loss, corresponding_places
from pad_nerfstudio.odd_one_out.learned.voxel_heads import VoxelHead
from tests.odd_one_out.learned.scenes import poses_of
from tests.scene_factory import make_scene

GRID = SceneGrid((32, 16, 8), 0.05, (0.0, 0.0, 0.2))
TURN = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def two_poses() -> Tensor:
    """Two bars of 0.4 x 0.2 x 0.2, the second one turned by a quarter."""
    sides = torch.diag(torch.tensor([0.4, 0.2, 0.2]))
    return torch.stack([
        torch.cat([sides, torch.tensor([[-0.4], [0.0], [0.1]])], dim=1),
        torch.cat([TURN @ sides, torch.tensor([[0.4], [0.0], [0.1]])], dim=1),
    ])  # fmt: skip


def local(points: Tensor, pose: Tensor) -> Tensor:
    return (points - pose[:, 3]) @ torch.linalg.inv(pose[:, :3]).T


def bars() -> Tensor:
    """Logits of opacity that are high in both bars alone."""
    points = GRID.voxel_centers()
    inside = [(local(points, pose).abs() < 0.5).all(dim=-1) for pose in two_poses()]
    return torch.where(inside[0] | inside[1], 5.0, -5.0)


def test_places_are_in_both_objects_and_one_place_of_the_cube() -> None:
    poses = two_poses()
    here, there = corresponding_places(GRID, bars(), poses[0], poses[1], torch.Generator().manual_seed(0))
    assert 50 < len(here) <= 128
    torch.testing.assert_close(local(here, poses[0]), local(there, poses[1]), atol=1e-5, rtol=0)
    assert float(local(here, poses[0]).abs().max()) <= 0.6
    assert float(local(here, poses[0]).std(dim=0).min()) > 0.15


class AsItIs(VoxelHead):
    def forward(self, features: Tensor) -> Tensor:
        return features


def loss_of(volume: Tensor, labels: list[int], head: nn.Module | None = None) -> Tensor:
    projector: VoxelHead = AsItIs(1, 1, 1, 2) if head is None else head  # type: ignore[assignment]
    generator = torch.Generator().manual_seed(1)
    return correspondence_loss(GRID, volume, bars(), projector, two_poses(), torch.tensor(labels), generator)


def places_in_the_cube() -> Tensor:
    """A feature field of waves along the axes of each bar."""
    points = GRID.voxel_centers()
    owner = points[..., 0] > 0
    where = torch.where(owner[..., None], *(local(points, pose) for pose in two_poses().flip(0)))
    return torch.cat([(6 * where).sin(), (6 * where).cos()], dim=-1).movedim(-1, 0)


def test_features_of_the_place_are_better_than_any_other() -> None:
    right = places_in_the_cube()
    wrong = torch.randn(right.shape, generator=torch.Generator().manual_seed(0))
    assert float(loss_of(right, [0, 0])) < 0.75 * float(loss_of(wrong, [0, 0]))


def test_gradients_reach_the_volume_and_the_projector() -> None:
    volume, head = torch.randn(8, *GRID.shape).requires_grad_(), VoxelHead(8, 8, 4, layers=2)
    loss_of(volume, [0, 0], head).backward()
    assert volume.grad is not None and float(volume.grad.abs().sum()) > 0
    assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in head.layers[0].parameters())


@pytest.mark.parametrize("labels", [[0, 1], [1, 1], [0, -1]])
def test_without_two_normal_objects_nothing_is_learnt(labels: list[int]) -> None:
    volume = torch.randn(6, *GRID.shape).requires_grad_()
    found = loss_of(volume, labels)
    found.backward()
    assert float(found) == 0 and volume.grad is not None and not volume.grad.any()


def test_poses_are_those_of_the_boxes_and_move_with_the_scene(tmp_path: Path) -> None:
    folder = make_scene(tmp_path / "scene", views=3, size=(16, 16))
    poses = SceneSet([folder], 1, 1)[0].poses
    assert torch.equal(poses, poses_of(folder))
    corner = torch.tensor([0.5, -0.5, 0.5])
    for found, pose in zip(read_scene(folder).objects, poses, strict=True):
        assert found.box is not None
        distances = np.abs(found.box.corners() - (pose[:, :3] @ corner + pose[:, 3]).numpy()).max(axis=1)
        assert distances.min() < 1e-6
    motion = Motion(True, 0.4, 1.1, (0.1, 0.0), (1.2, 0.9, 0.8))
    moved = moved_poses(poses, motion)
    torch.testing.assert_close(
        moved[:, :, :3] @ corner + moved[:, :, 3], motion.points(poses[:, :, :3] @ corner + poses[:, :, 3])
    )
