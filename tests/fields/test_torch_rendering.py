"""The rendering of other devices, here on CPU tensors, against the reference: values and all gradients."""

import pytest
import torch

from pad_nerfstudio.fields import torch_rendering
from pad_nerfstudio.fields.reference import corner_rows, render_rays_reference
from pad_nerfstudio.fields.rendering import Smoothness, render_rays
from pad_nerfstudio.fields.sample_room import LEAST, SampleRoom
from pad_nerfstudio.fields.torch_rendering import candidates, packed, render_rays_torch
from pad_nerfstudio.fields.trilinear import cell_corners
from tests.fields.test_rendering import STEP, make_grid, make_rays, outputs_and_gradients


@pytest.mark.parametrize("sh_degree", [0, 1, 2])
@pytest.mark.parametrize("room", [None, SampleRoom()])
def test_it_agrees_with_the_reference(sh_degree: int, room: SampleRoom | None) -> None:
    grid = make_grid(sh_degree)

    def ours(o, d, t):
        return render_rays_torch(grid, o, d, STEP, t, room=room)

    def reference(o, d, t):
        return render_rays_reference(grid, o, d, STEP, t)

    for a, b in zip(outputs_and_gradients(ours, grid), outputs_and_gradients(reference, grid), strict=True):
        torch.testing.assert_close(a, b, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("nearest", [False, True])
def test_images_are_rendered_in_parts(nearest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    grid, rays = make_grid(1), make_rays()
    monkeypatch.setattr(torch_rendering, "CANDIDATES_AT_ONCE", 1000)
    with torch.no_grad():
        ours = render_rays_torch(grid, *rays[:2], STEP, rays[2], nearest=nearest)
        theirs = render_rays_reference(grid, *rays[:2], STEP, rays[2], nearest=nearest)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_smoothness_adds_what_the_kernels_add() -> None:
    grid, weights = make_grid(1), Smoothness(density=0.3, color=0.7, softness=0.1)
    ours = outputs_and_gradients(lambda o, d, t: render_rays_torch(grid, o, d, STEP, t, weights)[:1], grid)
    theirs = outputs_and_gradients(lambda o, d, t: (render_rays(grid, o, d, STEP, t, weights).rgb,), grid)
    rough = outputs_and_gradients(lambda o, d, t: render_rays_torch(grid, o, d, STEP, t)[:1], grid)
    for plain, a, b in zip(rough[-2:], ours[-2:], theirs[-2:], strict=True):
        touched = plain != 0
        torch.testing.assert_close(a[touched], b[touched], rtol=1e-3, atol=1e-3)
        assert (a - plain)[touched].abs().max() > 0.1


def test_rays_that_all_miss_see_the_background() -> None:
    grid = make_grid(1)
    origins, directions = torch.tensor([[0.0, 0.0, 5.0]]), torch.tensor([[1.0, 0.0, 0.0]])
    with torch.no_grad():
        rgb, distance, accumulation = render_rays_torch(grid, origins, directions, STEP, torch.zeros(1))
    torch.testing.assert_close(rgb[0], grid.background)
    assert accumulation.item() == 0 and distance.item() == 0


def test_corners_are_those_of_the_reference() -> None:
    grid = make_grid(0)
    points = 12 * torch.rand(100, 3, generator=torch.Generator().manual_seed(3))
    points = torch.minimum(points, grid.shape - 1.01)
    for ours, theirs in zip(cell_corners(points, grid.index), corner_rows(points, grid.index), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_what_is_packed_keeps_its_order_and_its_rays() -> None:
    held = torch.tensor([[False, True, True], [False, False, False], [True, False, True]])
    flat, valid, ends = packed(held, 6)
    assert flat[valid].tolist() == [1, 2, 6, 8] and ends.tolist() == [2, 2, 4]
    flat, valid, ends = packed(held, 3)
    assert flat.tolist() == [1, 2, 6] and bool(valid.all()) and ends.tolist() == [2, 2, 3]


def test_samples_without_room_are_those_of_the_last_rays() -> None:
    grid, (origins, directions, offsets) = make_grid(0), make_rays()

    class Narrow(SampleRoom):
        def of(self, held: torch.Tensor, cells: torch.Tensor) -> int:
            return int(held[:100].sum())

    with torch.no_grad():
        cut = render_rays_torch(grid, origins, directions, STEP, offsets, room=Narrow())
        whole = render_rays_torch(grid, origins, directions, STEP, offsets)
    torch.testing.assert_close(cut[0][:100], whole[0][:100])
    assert not cut[2][100:].any() and whole[2][100:].any()


def test_room_is_measured_once_for_a_grid() -> None:
    grid, room, rays = make_grid(0), SampleRoom(), make_rays(2000)
    _, held = candidates(grid, grid.to_grid(rays[0]), rays[1], STEP, rays[2])
    size = room.of(held, grid.skip)
    assert held.sum() < size < 1.3 * held.sum()
    assert room.of(torch.zeros_like(held), grid.skip) == size  # not asked again
    assert room.of(torch.zeros_like(held), grid.skip.clone()) == LEAST
