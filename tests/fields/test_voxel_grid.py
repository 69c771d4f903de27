"""Laying, refining, pruning and saving sparse grids."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from pad_nerfstudio.fields import refinement
from pad_nerfstudio.fields.voxel_grid import VoxelGrid, corner_vertices, skip_distances, whole_cells

BOX = torch.tensor([[-1.0, -0.5, -1.0], [1.0, 0.5, 1.0]])


def ball(grid: VoxelGrid, radius: float) -> torch.Tensor:
    """Signed distance of each row's vertex to a ball's surface, positive inside."""
    return radius - (grid.lower + grid.vertices * grid.voxel_size).norm(dim=-1)


@given(st.integers(0, 10_000))
def test_corners_of_cells_make_the_cells_whole(seed: int) -> None:
    cells = torch.rand(5, 6, 7, generator=torch.Generator().manual_seed(seed)) < 0.2
    cells[-1], cells[:, -1], cells[:, :, -1] = False, False, False
    assert bool((whole_cells(corner_vertices(cells)) >= cells).all())


def test_skip_is_the_chessboard_distance() -> None:
    cells = torch.rand(6, 7, 8, generator=torch.Generator().manual_seed(3)) < 0.02
    everywhere = torch.ones_like(cells).nonzero()
    slow = torch.from_numpy(cdist(everywhere, cells.nonzero(), "chebyshev")).amin(-1).view(cells.shape)
    assert torch.equal(skip_distances(cells).double(), slow)
    assert bool((skip_distances(torch.zeros_like(cells)) == 255).all())


def test_refining_keeps_the_field() -> None:
    grid = VoxelGrid(BOX, 32, 1)
    grid.density.data = 40 * ball(grid, 0.4)
    grid.color.data = torch.linspace(0, 1, 12).expand(len(grid.density), 12).clone()
    occupied = refinement.vertex_opacity(grid) > 0.01
    box = refinement.tight_box(grid, occupied, margin=2)
    assert bool((box[0] >= BOX[0] - 1e-6).all()) and bool((box[1] - box[0] < 1.5).all())
    refinement.relay(grid, box, 48, refinement.dilate(occupied, 1))
    inside = ball(grid, 0.4) > 0.03
    torch.testing.assert_close(grid.density[inside], 40 * ball(grid, 0.4)[inside], atol=0.4, rtol=0.05)
    torch.testing.assert_close(grid.color[inside][0], torch.linspace(0, 1, 12))
    assert len(grid.density) < 0.9 * grid.index.numel()


def test_pruning_keeps_what_is_near_matter() -> None:
    grid = VoxelGrid(BOX, 32, 0)
    grid.density.data = torch.where(ball(grid, 0.3) > 0, 5.0, -12.0)
    before = grid.density.data.clone()
    kept = refinement.prune(grid, refinement.vertex_opacity(grid) > 0.01)
    assert torch.equal(before[kept], grid.density.data)
    assert bool(kept[before > 0].all()) and kept.float().mean() < 0.5
    assert torch.equal(grid.index[grid.index >= 0], torch.arange(len(grid.density), dtype=torch.int32))


def test_a_saved_grid_takes_its_size_along() -> None:
    grid = VoxelGrid(BOX, 24, 1)
    refinement.prune(grid, ball(grid, 0.3).view(grid.index.shape) > 0)
    grid.color.data.normal_()
    other = VoxelGrid(BOX, 8, 1)
    held = other.density
    other.load_state_dict(grid.state_dict())
    assert other.density is held
    for name in ("density", "color", "index", "skip", "lower", "voxel_size", "vertices"):
        assert torch.equal(getattr(other, name), getattr(grid, name)), name
