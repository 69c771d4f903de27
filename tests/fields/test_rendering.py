"""The compiled kernels against plain torch: values and all gradients."""

import pytest
import torch

from pad_nerfstudio.fields import kernels, rendering
from pad_nerfstudio.fields.reference import render_rays_reference
from pad_nerfstudio.fields.rendering import Smoothness, render_rays
from pad_nerfstudio.fields.voxel_grid import VoxelGrid, corner_vertices

STEP = 0.5


def make_grid(sh_degree: int, seed: int = 0) -> VoxelGrid:
    """A ragged grid with a quarter of its cells in use."""
    generator = torch.Generator().manual_seed(seed)
    grid = VoxelGrid(torch.tensor([[-1.0, -1.0, -0.7], [1.0, 1.0, 0.7]]), 12, sh_degree)
    cells = torch.rand(grid.index.shape, generator=generator) < 0.25
    cells[-1], cells[:, -1], cells[:, :, -1] = False, False, False
    grid.place(grid.lower, grid.voxel_size, corner_vertices(cells))
    rows = len(grid.vertices)
    grid.density.data = torch.randn(rows, generator=generator) - 1
    grid.color.data = 0.3 * torch.randn(rows, 3 * (sh_degree + 1) ** 2, generator=generator)
    grid.background.copy_(torch.tensor([1.0, 0.9, 0.8]))
    return grid


def make_rays(n: int = 200, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rays from outside, most of which meet the grid, and where in its step each begins."""
    generator = torch.Generator().manual_seed(seed)
    origins = 3 * torch.nn.functional.normalize(torch.randn(n, 3, generator=generator), dim=-1)
    aims = 0.5 * torch.randn(n, 3, generator=generator)
    directions = torch.nn.functional.normalize(aims - origins, dim=-1)
    return origins, directions, torch.rand(n, generator=generator)


def outputs_and_gradients(render, grid: VoxelGrid, seed: int = 2) -> list[torch.Tensor]:
    """What `render(origins, directions, offsets)` gives, and the gradients of a random weighting of it."""
    origins, directions, offsets = make_rays()
    origins.requires_grad_(), directions.requires_grad_()
    grid.zero_grad()
    outputs = render(origins, directions, offsets)
    generator = torch.Generator().manual_seed(seed)
    sum((out * torch.randn(out.shape, generator=generator)).sum() for out in outputs).backward()
    gradients = (origins.grad, directions.grad, grid.density.grad, grid.color.grad)
    return [t.detach().to_dense() if t.is_sparse else t.detach() for t in (*outputs, *gradients)]


@pytest.mark.parametrize("sh_degree", [0, 1, 2])
def test_kernels_agree_with_the_reference(sh_degree: int) -> None:
    grid = make_grid(sh_degree)

    def fast(*rays):
        out = render_rays(grid, *rays[:2], STEP, rays[2])
        return out.rgb, out.distance, out.accumulation

    def slow(*rays):
        return render_rays_reference(grid, *rays[:2], STEP, rays[2])

    for ours, theirs in zip(outputs_and_gradients(fast, grid), outputs_and_gradients(slow, grid), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-4)


def test_rendering_without_gradients_agrees_too() -> None:
    grid, (origins, directions, offsets) = make_grid(1), make_rays()
    with torch.no_grad():
        fast = render_rays(grid, origins, directions, STEP, offsets)
        slow = render_rays_reference(grid, origins, directions, STEP, offsets)
    torch.testing.assert_close(fast.rgb, slow[0], rtol=0, atol=2e-3)  # faint samples go without colour
    torch.testing.assert_close(fast.distance, slow[1], rtol=1e-4, atol=1e-4)


def test_gradients_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, results = make_grid(1), []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("PAD_NERFSTUDIO_THREADS", threads)
        out = outputs_and_gradients(lambda o, d, t: (render_rays(grid, o, d, STEP, t, Smoothness(0.1, 0.1)).rgb,), grid)
        results.append(out[-2:])
    for other in results[1:]:
        assert torch.equal(other[0], results[0][0]) and torch.equal(other[1], results[0][1])


def test_smoothness_adds_the_gradient_of_total_variation() -> None:
    grid, weights = make_grid(1), Smoothness(density=0.3, color=0.7, softness=0.1)
    plain = outputs_and_gradients(lambda o, d, t: (render_rays(grid, o, d, STEP, t).rgb,), grid)
    smooth = outputs_and_gradients(lambda o, d, t: (render_rays(grid, o, d, STEP, t, weights).rgb,), grid)

    density, color = grid.density.detach().requires_grad_(), grid.color.detach().requires_grad_()
    energy = torch.zeros(())
    for axis in range(3):
        low, high = (
            grid.index.narrow(axis, 0, grid.index.shape[axis] - 1),
            grid.index.narrow(axis, 1, -1 + grid.index.shape[axis]),
        )
        pair = (low >= 0) & (high >= 0)
        a, b = low[pair].long(), high[pair].long()
        energy = energy + weights.density * torch.sqrt((density[a] - density[b]) ** 2 + 1).sum()
        energy = energy + weights.color * torch.sqrt((color[a] - color[b]) ** 2 + weights.softness**2).sum()
    energy.backward()
    touched = plain[-2] != 0
    torch.testing.assert_close((smooth[-2] - plain[-2])[touched], density.grad[touched], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close((smooth[-1] - plain[-1])[touched], color.grad[touched], rtol=1e-3, atol=1e-3)


def test_a_ray_that_misses_sees_the_background() -> None:
    grid = make_grid(1)
    origins, directions = torch.tensor([[0.0, 0.0, 5.0]]), torch.tensor([[1.0, 0.0, 0.0]])
    out = render_rays(grid, origins, directions, STEP)
    torch.testing.assert_close(out.rgb[0], grid.background)
    assert out.accumulation.item() == 0 and out.distance.item() == 0


def test_an_opaque_wall_is_seen_where_it_stands() -> None:
    grid = VoxelGrid(torch.tensor([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]), 32, 0)
    behind = grid.lower[2] + grid.vertices[:, 2] * grid.voxel_size <= 0.25
    grid.density.data = torch.where(behind, 10.0, -20.0)
    out = render_rays(grid, torch.tensor([[0.1, 0.2, 3.0]]), torch.tensor([[0.0, 0.0, -1.0]]), STEP)
    assert out.accumulation.item() > 1 - 2 * kernels.OPAQUE
    assert abs(out.distance.item() - 2.75) < grid.voxel_size


def test_nothing_is_kept_where_nothing_is_learnt(monkeypatch) -> None:
    grid = make_grid(1)
    sizes = []
    room_for = rendering._Kept.room_for
    monkeypatch.setattr(rendering._STORE, "free", [])
    monkeypatch.setattr(rendering._Kept, "room_for", lambda size, rows: sizes.append(size) or room_for(size, rows))
    with torch.no_grad():
        seen = render_rays(grid, *make_rays()[:2], STEP)
    assert not sizes
    learnt = render_rays(grid, *make_rays()[:2], STEP)
    assert sizes and torch.allclose(seen.rgb, learnt.rgb.detach(), atol=5 * float(kernels.FAINT))


@pytest.mark.parametrize("sh_degree", [0, 1])
def test_colours_of_nearest_vertices_agree_with_the_reference(sh_degree: int) -> None:
    grid, rays = make_grid(sh_degree), make_rays()
    with torch.no_grad():
        ours = render_rays(grid, *rays[:2], STEP, rays[2], nearest=True)
        theirs = render_rays_reference(grid, *rays[:2], STEP, rays[2], nearest=True)
        blended = render_rays(grid, *rays[:2], STEP, rays[2])
    torch.testing.assert_close(ours.rgb, theirs[0], atol=5 * float(kernels.FAINT), rtol=0)
    torch.testing.assert_close(ours.accumulation, theirs[2], atol=1e-4, rtol=0)
    assert (ours.rgb - blended.rgb).abs().max() > 0.01
