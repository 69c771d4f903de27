"""A grid follows matter, and its optimisers hear of it."""

from pathlib import Path

import torch
from nerfstudio.engine.optimizers import Optimizers

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.fields.voxel_grid import VoxelGrid
from pad_nerfstudio.models.grid_growth import WRONG_MASKS, GridGrowth, carve, grid_parameters
from pad_nerfstudio.models.optimizers import RowAdamConfig
from pad_nerfstudio.models.trained_field import load_trained_field
from tests.mad_class_factory import rig

CUBE = torch.tensor([[-1.0] * 3, [1.0] * 3])


def full_grid() -> tuple[VoxelGrid, Optimizers]:
    grid = VoxelGrid(CUBE, 12, sh_degree=0)
    config = {name: {"optimizer": RowAdamConfig(lr=0.1), "scheduler": None} for name in grid_parameters(grid)}
    return grid, Optimizers(config, grid_parameters(grid))


def learnt(grid: VoxelGrid, optimizers: Optimizers) -> bool:
    """Whether the optimisers hold the parameters that the grid has now."""
    groups = {name: optimizers.optimizers[name].param_groups[0]["params"] for name in grid_parameters(grid)}
    return all(groups[name][0] is own for name, (own,) in grid_parameters(grid).items())


def test_a_carved_grid_can_be_carved_again() -> None:
    """As when training goes on that ended before the first refinement."""
    grid, optimizers = full_grid()
    poses = torch.from_numpy(rig(rings=3, azimuths=4)).float()[:, :3]
    focal, center = torch.full((len(poses), 2), 60.0), torch.full((len(poses), 2), 20.0)
    rays = PinholeStack.of_one_size(poses, focal, center, 40, 40)
    along = torch.arange(40) - 19.5
    middle = along[:, None].square() + along.square() < 49
    for _ in range(2):
        carve(grid, optimizers, rays, [middle] * len(poses), resolution=24)
        assert learnt(grid, optimizers) and not bool(grid.marked().all())
        assert 0.4 < float(grid.box().abs().max()) < 0.9  # silhouettes of a ball of radius 0.47


def test_rows_that_stay_keep_their_moments() -> None:
    grid, optimizers = full_grid()
    inner = (grid.lower + grid.vertices * grid.voxel_size).norm(dim=-1) < 0.5
    with torch.no_grad():
        grid.density.copy_(torch.where(inner, 4.0, -9.0))
    grid.density.grad = torch.linspace(1, 2, len(grid.density))
    optimizers.optimizers["density"].step()
    former, kept_density = optimizers.optimizers["density"].state[grid.density]["exp_avg"], grid.density.detach()
    vertices = grid.vertices
    rays = PinholeStack.of_one_size(torch.zeros(0, 3, 4), torch.zeros(0, 2), torch.zeros(0, 2), 4, 4)
    GridGrowth(grid, optimizers, 0.05, finest=0.1, rays=rays, outlines=None).prune()
    stayed = grid.marked().new_zeros(13, 13, 13).index_put(tuple(grid.vertices.long().T), torch.tensor(True))
    kept = stayed[tuple(vertices.long().T)]
    assert learnt(grid, optimizers) and bool((kept | ~inner).all()) and not bool(kept.all())
    assert torch.equal(grid.density, kept_density[kept])
    assert torch.equal(optimizers.optimizers["density"].state[grid.density]["exp_avg"], former[kept])


def test_masks_vote_on_where_matter_may_be(tiny_run: Path) -> None:
    """What more than one in twenty masks sees beside the object is empty; fewer are outvoted."""
    field = load_trained_field(tiny_run, "cpu")
    grid, rays = field.model.grid, PinholeStack.from_cameras(field._train.cameras)
    sizes = rays.size.tolist()
    wrong = [torch.zeros(h, w, dtype=torch.bool) for w, h in sizes]
    right = [torch.ones(h, w, dtype=torch.bool) for w, h in sizes]
    few = int(WRONG_MASKS * len(sizes))

    def occupied(outlines: list[torch.Tensor] | None) -> torch.Tensor:
        return GridGrowth(grid, Optimizers({}, {}), 0.05, finest=0.1, rays=rays, outlines=outlines).occupied()

    matter = occupied(None)
    assert bool(matter.any()) and torch.equal(occupied(wrong[:few] + right[few:]), matter)
    assert float(occupied(wrong[: few + 1] + right[few + 1 :]).sum()) < 0.01 * float(matter.sum())


def test_before_a_real_background_matter_is_where_photos_look() -> None:
    grid, optimizers = full_grid()
    poses = torch.from_numpy(rig(rings=3, azimuths=4)).float()[:, :3]
    focal, center = torch.full((len(poses), 2), 120.0), torch.full((len(poses), 2), 20.0)
    rays = PinholeStack.of_one_size(poses, focal, center, 40, 40)
    points = grid.lower + grid.vertices * grid.voxel_size
    with torch.no_grad():
        grid.density.fill_(4.0)
    for often in (False, True):
        growth = GridGrowth(grid, optimizers, 0.05, 0.1, rays, outlines=None, only_shown_often=often)
        allowed = growth.occupied()[tuple(grid.vertices.long().T)]
        assert bool(allowed[points.norm(dim=-1) < 0.2].all())
        assert bool(allowed[points.norm(dim=-1) > 1.2].any()) != often
