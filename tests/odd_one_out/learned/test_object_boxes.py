import torch

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.object_boxes import matter_in_boxes, near_boxes, object_boxes
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_places, roi_pool

GRID = SceneGrid((24, 20, 10), 0.04, (0.1, 0.0, 0.2))
BOXES = torch.tensor([[[-0.25, -0.25, 0.04], [-0.05, -0.1, 0.2]], [[0.1, 0.0, 0.06], [0.38, 0.25, 0.3]]])


def soft_density(boxes: torch.Tensor, falls_over: float = 0.04) -> torch.Tensor:
    """0.4 inside boxes, falling to 0 across their faces."""
    points = GRID.voxel_centers()[None]
    inside = torch.minimum(points - boxes[:, 0, None, None, None], boxes[:, 1, None, None, None] - points).amin(-1)
    return (0.4 * (inside / falls_over + 0.5).clamp(0, 1)).amax(0)


def sorted_by_x(boxes: torch.Tensor) -> torch.Tensor:
    return boxes[boxes[:, 0, 0].argsort()]


def test_boxes_are_found_to_a_fraction_of_a_voxel() -> None:
    found = object_boxes(soft_density(BOXES), GRID)
    torch.testing.assert_close(sorted_by_x(found), BOXES, atol=0.15 * GRID.voxel_size, rtol=0)


def test_specks_and_thin_air_are_no_objects() -> None:
    density = soft_density(BOXES[:1])
    density[-1, -1, -1] = 1.0
    assert len(object_boxes(density, GRID)) == 1
    assert object_boxes(torch.zeros(GRID.shape), GRID).shape == (0, 2, 3)
    assert object_boxes(torch.full(GRID.shape, 0.199), GRID).shape == (0, 2, 3)


def test_an_object_cut_off_by_the_grid_ends_with_it() -> None:
    (found,) = object_boxes(torch.ones(GRID.shape), GRID)
    torch.testing.assert_close(found, GRID.bounds())


def test_objects_a_gap_of_two_voxels_apart_are_two() -> None:
    density = torch.zeros(GRID.shape)
    density[2:6, 2:6, 2:6] = density[8:12, 2:6, 2:6] = 1
    assert len(object_boxes(density, GRID)) == 2
    density[6:8, 3, 3] = 1
    assert len(object_boxes(density, GRID)) == 1


def test_pooled_volumes_hold_the_values_at_their_points() -> None:
    volume = GRID.voxel_centers().movedim(-1, 0)  # linear, so that interpolation is exact
    pooled = roi_pool(volume, roi_places(BOXES, 4), GRID)
    torch.testing.assert_close(pooled, roi_places(BOXES, 4).movedim(-1, 1))
    torch.testing.assert_close(roi_places(BOXES, 4).mean((1, 2, 3)), BOXES.mean(1))


def test_voxels_near_boxes() -> None:
    near = near_boxes(GRID, BOXES, margin=0.0)
    points = GRID.voxel_centers()[near]
    inside = ((points[:, None] >= BOXES[:, 0]) & (points[:, None] <= BOXES[:, 1])).all(-1).any(1)
    assert bool(inside.all()) and 0 < int(near.sum()) < int(near_boxes(GRID, BOXES, margin=1.0).sum())


def test_matter_in_boxes_is_the_volume_of_their_objects() -> None:
    found = matter_in_boxes(soft_density(BOXES), GRID, BOXES)
    sides = BOXES[:, 1] - BOXES[:, 0]
    torch.testing.assert_close(found, sides.prod(dim=-1).double(), atol=0, rtol=0.35)
    assert float(matter_in_boxes(soft_density(BOXES[:1]), GRID, BOXES)[1]) == 0
