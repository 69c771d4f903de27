import torch
from torch.nn import functional

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.reference import slow_render
from pad_nerfstudio.odd_one_out.learned.volume_rendering import (
    composite,
    composite_visible,
    points_in_grid,
    weighted_samples,
    weights_along_rays,
)

GRID = SceneGrid((8, 8, 4), 0.25)


def rays(count: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    origins = functional.normalize(torch.randn(count, 3, generator=generator), dim=-1) * 3
    aims = torch.randn(count, 3, generator=generator) * 0.4
    return origins, functional.normalize(aims - origins, dim=-1)


def test_rendering_is_that_of_the_slow_reference() -> None:
    generator = torch.Generator().manual_seed(2)
    density, color = torch.rand(GRID.shape, generator=generator) * 3, torch.rand(3, *GRID.shape, generator=generator)
    origins, directions = rays()
    along = weighted_samples(GRID, density, origins, directions, samples=9)
    points, length = points_in_grid(GRID, origins, directions, 9)
    at_points = GRID.between_voxels(torch.cat([density[None], color]), points.reshape(-1, 3)).T.view(len(points), 9, 4)
    seen, opacity = slow_render(at_points[..., 0], length, at_points[..., 1:])
    torch.testing.assert_close(composite(GRID, color, along), seen, atol=1e-5, rtol=0)
    torch.testing.assert_close(along.accumulation(), opacity, atol=1e-5, rtol=0)
    torch.testing.assert_close(composite_visible(GRID, color, along), seen, atol=9e-3, rtol=0)


def test_points_lie_in_the_grid_and_rays_beside_it_see_nothing() -> None:
    origins, directions = rays()
    points, length = points_in_grid(GRID, origins, directions, 16, torch.Generator().manual_seed(0))
    hits = length > 0
    assert bool(hits.any())
    least, greatest = GRID.bounds()
    assert bool(((points[hits] >= least - 1e-5) & (points[hits] <= greatest + 1e-5)).all())
    beside = weighted_samples(GRID, torch.ones(GRID.shape), torch.tensor([[0.0, 0, 3]]), torch.tensor([[1.0, 0, 0]]), 5)
    assert float(beside.accumulation()) == 0


def test_opacity_does_not_depend_on_the_number_of_samples() -> None:
    origins, directions = torch.tensor([[0.0, 0.0, 3.0]]), torch.tensor([[0.0, 0.0, -1.0]])
    found = [
        weights_along_rays(torch.full((1, n), 0.2), points_in_grid(GRID, origins, directions, n)[1]) for n in (4, 64)
    ]
    for weights in found:
        torch.testing.assert_close(weights.sum(), 1 - torch.exp(torch.tensor(-0.2 * 4)))


def test_visible_features_give_no_gradient_to_density() -> None:
    density = torch.rand(GRID.shape).requires_grad_()
    field = torch.rand(5, *GRID.shape).requires_grad_()
    composite_visible(GRID, field, weighted_samples(GRID, density, *rays(), 8)).sum().backward()
    assert density.grad is None and field.grad is not None and bool((field.grad > 0).any())


def test_gradients_of_weights() -> None:
    density = torch.rand(3, 5, dtype=torch.double).requires_grad_()
    assert torch.autograd.gradcheck(lambda d: weights_along_rays(d, torch.tensor([0.5, 1, 2.0]).double()), density)
