import torch

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.reference import slow_between_voxels

GRID = SceneGrid((5, 4, 3), 0.5, (0.25, -1.0, 2.0))


def test_the_published_grid() -> None:
    bounds = SceneGrid().bounds()
    torch.testing.assert_close(bounds, torch.tensor([[-1.92, -1.92, -0.32], [1.92, 1.92, 0.32]]))


def test_voxels_fill_the_grid_and_hold_their_own_values() -> None:
    points = GRID.voxel_centers()
    assert points.shape == (5, 4, 3, 3)
    torch.testing.assert_close(points[0, 0, 0] - 0.25, GRID.bounds()[0])
    torch.testing.assert_close(points[-1, -1, -1] + 0.25, GRID.bounds()[1])
    torch.testing.assert_close(
        GRID.between_voxels(points.movedim(-1, 0), points.reshape(-1, 3)), points.reshape(-1, 3).T
    )


def test_values_between_voxels_are_those_of_the_slow_reference() -> None:
    generator = torch.Generator().manual_seed(0)
    volume = torch.rand(2, *GRID.shape, generator=generator)
    least, greatest = GRID.bounds()
    points = least + (torch.rand(40, 3, generator=generator) * 1.2 - 0.1) * (greatest - least)
    expected = torch.stack([slow_between_voxels(volume, GRID, point) for point in points], dim=1)
    torch.testing.assert_close(GRID.between_voxels(volume, points), expected, atol=1e-5, rtol=0)
