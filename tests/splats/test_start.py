"""Splats begin where the object may be."""

import torch

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.splats.start import hull_points, mean_colors, near_surface, thinned
from tests.mad_class_factory import rig


def cameras() -> PinholeStack:
    poses = torch.from_numpy(rig(6, 8)).float()[:, :3]
    count = len(poses)
    return PinholeStack.of_one_size(poses, torch.full((count, 2), 90.0), torch.full((count, 2), 32.0), 64, 64)


def ball_silhouettes(stack: PinholeStack) -> torch.Tensor:
    """Of a ball of radius 0.5 at the origin, 4 units away: a disc of nearly 90 * 0.5 / 4 pixels."""
    y, x = torch.meshgrid(torch.arange(64) - 31.5, torch.arange(64) - 31.5, indexing="ij")
    return (x.hypot(y) < 11.4).expand(len(stack.focal), 64, 64)


def test_points_lie_near_the_surface_of_the_hull() -> None:
    stack = cameras()
    box = torch.tensor([[-1.5] * 3, [1.5] * 3])
    points = hull_points(box, stack, ball_silhouettes(stack), 2000, torch.Generator().manual_seed(0))
    radius = points.norm(dim=-1)
    assert points.shape == (2000, 3) and radius.max() < 0.65 and radius.min() > 0.35
    assert points.mean(0).abs().max() < 0.05
    again = hull_points(box, stack, ball_silhouettes(stack), 2000, torch.Generator().manual_seed(0))
    assert torch.equal(points, again)


def test_without_a_hull_points_lie_anywhere() -> None:
    stack = cameras()
    nothing = torch.zeros(len(stack.focal), 64, 64, dtype=torch.bool)
    box = torch.tensor([[-1.5] * 3, [1.5] * 3])
    points = hull_points(box, stack, nothing, 500, torch.Generator().manual_seed(0))
    assert points.abs().max() > 1.3


def test_the_inside_of_a_body_is_not_near_its_surface() -> None:
    solid = torch.zeros(20, 20, 20, dtype=torch.bool)
    solid[2:18, 2:18, :] = True
    shell = near_surface(solid)
    assert not shell[10, 10, 10] and shell[10, 10, 0] and shell[3, 10, 10] and not shell[4, 10, 10]
    assert not shell[0, 0, 0]


def test_colours_are_the_mean_of_what_photos_show() -> None:
    stack = cameras()
    images = torch.full((len(stack.focal), 64, 64, 3), 51, dtype=torch.uint8)
    images[: len(images) // 2] = 153
    torch.testing.assert_close(mean_colors(torch.zeros(1, 3), stack, images), torch.full((1, 3), 0.4))
    behind = 1.5 * stack.camera_to_world[:1, :, 3]
    torch.testing.assert_close(mean_colors(behind, stack.one(0), images[:1]), torch.full((1, 3), 0.5))


def test_points_are_drawn_with_their_colours() -> None:
    points = torch.rand(50, 3)
    for count in (20, 80):
        chosen, colors = thinned(points, 2 * points, count, seed=0)
        assert len(chosen) == count and torch.equal(colors, 2 * chosen)
    assert len(thinned(points, points, 50, seed=1)[0].unique(dim=0)) == 50
