"""Carving from silhouettes."""

import torch

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.fields.visual_hull import photos_that_show, visual_hull


def three_views() -> PinholeStack:
    """Cameras at distance 4 on the three axes, looking at the origin."""
    z = torch.eye(3)
    y = torch.tensor([[0.0, 0, 1], [0, 0, 1], [0, 1, 0]])
    rotation = torch.stack([torch.linalg.cross(y, z), y, z], dim=-1)
    pose = torch.cat([rotation, 4 * z[..., None]], dim=-1)
    return PinholeStack.of_one_size(pose, torch.full((3, 2), 40.0), torch.full((3, 2), 32.0), 64, 64)


def test_the_hull_of_three_discs_holds_the_ball_and_little_else() -> None:
    cameras = three_views()
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    disc = (x - 32) ** 2 + (y - 32) ** 2 < 10.6**2  # a ball of radius 1 at distance 4
    points = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)) * 3 - 1.5
    hull = visual_hull(points, cameras, [disc] * 3, allowed_misses=0)
    distance = points.norm(dim=-1)
    assert bool(hull[distance < 0.95].all())
    assert not bool(hull[distance > 2].any()) and hull[distance > 1.4].float().mean() < 0.1


def test_a_hole_in_few_silhouettes_is_forgiven() -> None:
    cameras = three_views()
    masks = torch.ones(3, 64, 64, dtype=torch.bool)
    masks[0] = False
    assert not bool(visual_hull(torch.zeros(1, 3), cameras, list(masks), allowed_misses=0.2).item())
    assert bool(visual_hull(torch.zeros(1, 3), cameras, list(masks), allowed_misses=0.4).item())


def test_photos_show_what_lies_before_them_in_their_image() -> None:
    cameras = three_views()  # half an image is 3.2 at distance 4
    points = torch.tensor([[0.0, 0, 0], [3.0, 0, 0], [9.0, 0, 0], [0, 3.9, 0], [0, 4.1, 0], [4, 4, 4]])
    assert photos_that_show(points, cameras).tolist() == [3, 3, 0, 1, 0, 0]
