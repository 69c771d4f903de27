import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneSample
from pad_nerfstudio.odd_one_out.learned.augmentation import (
    AugmentationOptions,
    Motion,
    augmented,
    moved_boxes,
    moved_views,
)
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.training_scene import TrainingScene
from tests.odd_one_out.learned.scenes import boxes_of, poses_of, tiny_network, views_of
from tests.scene_factory import make_scene, scene_boxes

MOTIONS = [
    Motion(False, 0.7, 1.0, (0.1, -0.2)),
    Motion(True, 0.0, 1.0, (0.0, 0.0)),
    Motion(True, -1.9, 1.3, (-0.3, 0.05)),
    Motion(True, 0.4, 1.1, (0.1, 0.0), (1.2, 0.9, 0.8)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scenes") / "scene", size=(40, 32))


@pytest.mark.parametrize("motion", MOTIONS)
def test_points_stay_at_their_pixels(folder: Path, motion: Motion) -> None:
    views, points = views_of(folder, [0, 2]), torch.from_numpy(scene_boxes()[1].corners()).float()
    moved = moved_views(views, motion)
    before, after = (projection_matrices(v.k, v.camera_to_world) for v in (views, moved))
    size = torch.full((2,), math.prod(motion.stretch))
    torch.testing.assert_close(torch.linalg.det(moved.camera_to_world[:, :3, :3]), size)
    for one, other in zip(before, after, strict=True):
        u, w = points @ one[:, :3].T + one[:, 3], motion.points(points) @ other[:, :3].T + other[:, 3]
        u, w = u[:, :2] / u[:, 2:], w[:, :2] / w[:, 2:]
        if motion.mirror:
            w[:, 0] = 40 - w[:, 0]
        torch.testing.assert_close(w, u, atol=1e-3, rtol=0)
    assert torch.equal(moved.images, views.images.flip(-1) if motion.mirror else views.images)
    assert views.masks is not None
    assert torch.equal(moved.masks, views.masks.flip(-1) if motion.mirror else views.masks)


def test_a_box_turned_by_a_right_angle_is_exact_and_any_other_holds_its_corners() -> None:
    boxes = torch.tensor([[[0.1, 0.2, 0.0], [0.3, 0.5, 0.4]]])
    quarter = moved_boxes(boxes, Motion(False, math.pi / 2, 2.0, (0.0, 1.0)))
    torch.testing.assert_close(quarter, torch.tensor([[[-1.0, 1.2, 0.0], [-0.4, 1.6, 0.8]]]), atol=1e-6, rtol=0)
    motion = Motion(True, 0.5, 1.0, (0.0, 0.0))
    held = moved_boxes(boxes, motion)[0]
    for corner in torch.cartesian_prod(*boxes[0].T):
        assert bool(((motion.points(corner) >= held[0] - 1e-6) & (motion.points(corner) <= held[1] + 1e-6)).all())


@torch.no_grad()
def test_the_network_sees_a_mirrored_volume_of_a_mirrored_scene(folder: Path) -> None:
    """Up to the network itself, which is not symmetric: so its first part alone."""
    from pad_nerfstudio.odd_one_out.learned.back_projection import back_project

    views, network = views_of(folder, [0, 1, 3]), tiny_network()
    volumes = []
    for seen in (views, moved_views(views, Motion(True, 0.0, 1.0, (0.0, 0.0)))):
        projections = projection_matrices(seen.k, seen.camera_to_world)
        found = back_project(seen.images, projections, network.get_buffer("points"), (40, 32))
        volumes.append(found.view(3, *network.grid.shape))
    torch.testing.assert_close(volumes[1], volumes[0].flip(1), atol=2e-3, rtol=0)


def test_all_views_of_a_scene_change_alike(folder: Path) -> None:
    inputs, targets = views_of(folder, [0, 1]), views_of(folder, [2])
    sample = SceneSample("scene", inputs, targets, boxes_of(folder), torch.tensor([1, 0, 0]), poses_of(folder))
    features = torch.rand(2, 4, 8, 8), torch.rand(1, 4, 8, 8)
    scene, options = TrainingScene(sample, *features), AugmentationOptions(scale=1.2, brightness=0.3, tint=0.2)
    found = [augmented(scene, options, np.random.default_rng(seed)) for seen in range(2) for seed in (3, 4)]
    assert torch.equal(found[0].sample.inputs.images, found[2].sample.inputs.images)
    assert not torch.equal(found[0].sample.inputs.camera_to_world, found[1].sample.inputs.camera_to_world)
    for variant in found:
        moved, new = variant.sample, variant.sample.inputs.camera_to_world
        # the views' poses relative to each other stay, up to scale
        angle = [pose[0, :3, :3].T @ pose[1, :3, :3] for pose in (inputs.camera_to_world, new)]
        torch.testing.assert_close(angle[0].diagonal().sum(), angle[1].diagonal().sum(), atol=1e-4, rtol=0)
        assert moved.labels.tolist() == [1, 0, 0] and float(moved.inputs.images.max()) <= 1
        assert variant.input_features is not None
        torch.testing.assert_close(variant.input_features.sort().values, features[0].sort().values)


def test_recoloured_scenes_swap_channels_and_have_no_teacher(folder: Path) -> None:
    inputs, targets = views_of(folder, [0, 1]), views_of(folder, [2])
    sample = SceneSample("scene", inputs, targets, boxes_of(folder), torch.tensor([1, 0, 0]), poses_of(folder))
    scene = TrainingScene(sample, torch.rand(2, 4, 8, 8), torch.rand(1, 4, 8, 8))
    options = AugmentationOptions(mirror=0.0, recolor=1.0)
    found = [augmented(scene, options, np.random.default_rng(seed)) for seed in range(12)]
    assert all(variant.input_features is None and variant.target_features is None for variant in found)
    orders = set()
    for variant in found:
        order = [int((inputs.images == channel[:, None]).flatten(2).all(dim=2).all(dim=0).nonzero()[0])
                 for channel in variant.sample.inputs.images.unbind(dim=1)]  # fmt: skip
        assert torch.equal(variant.sample.targets.images, targets.images[:, order])
        orders.add(tuple(order))
    assert len(orders) > 3 and all(sorted(order) == [0, 1, 2] for order in orders)


def test_stretches_stay_within_their_limits(folder: Path) -> None:
    views = views_of(folder, [0])
    sample = SceneSample("scene", views, views, boxes_of(folder), torch.tensor([1, 0, 0]), poses_of(folder))
    scene, options = TrainingScene(sample, None, None), AugmentationOptions(turn=0.0, shift=0.0, stretch=1.25)
    before = sample.boxes[:, 1] - sample.boxes[:, 0]
    for seed in range(5):
        after = augmented(scene, options, np.random.default_rng(seed)).sample.boxes
        factors = (after[:, 1] - after[:, 0]) / before
        assert bool((factors < 1.2501).all()) and bool((factors > 0.7999).all())
        torch.testing.assert_close(factors, factors[:1].expand_as(factors))
