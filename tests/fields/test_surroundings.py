"""What stands behind the objects of a scene."""

import math

import torch

from pad_nerfstudio.fields.surroundings import Surroundings, above_floor, backdrop, contract, expand, floor_distance


def test_expanding_undoes_contracting() -> None:
    places = torch.randn(500, 2, generator=torch.Generator().manual_seed(0), dtype=torch.double) * 20
    contracted = contract(places, 1.6)
    assert contracted.abs().max() < 1
    torch.testing.assert_close(expand(contracted, 1.6), places)


def test_rays_end_on_the_floor_or_in_the_sky() -> None:
    origins = torch.tensor([[0.0, 0.0, 2.0]]).repeat(3, 1)
    directions = torch.nn.functional.normalize(
        torch.tensor([[1.0, -1.0, -2.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), dim=-1
    )
    ends = backdrop(origins, directions, unit=1.0)
    assert ends.on_floor.tolist() == [True, False, False], "a ray along the horizon sees the sky"
    torch.testing.assert_close(expand(ends.coordinates[:1], 1.0), torch.tensor([[1.0, -1.0]]))
    torch.testing.assert_close(ends.coordinates[1:], torch.tensor([[0.5, 0.0], [0.5, 0.5]]))
    assert ends[torch.tensor([2])].on_floor.tolist() == [False]
    distances = floor_distance(origins, directions)
    torch.testing.assert_close(distances, torch.tensor([math.sqrt(6), torch.inf, torch.inf]))


def test_the_floor_shows_its_texture_and_learns() -> None:
    texels = 64
    axis = (torch.arange(texels) + 0.5) / texels * 2 - 1
    places = expand(torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1), 1.0).clamp(-1, 1)
    floor = torch.cat([places, torch.zeros(texels, texels, 1)], dim=-1)  # red is x, green is y
    surroundings = Surroundings(floor, unit=1.0)
    origins = torch.tensor([[0.3, -0.5, 1.0], [0.0, 0.0, 1.0]])
    directions = torch.tensor([[0.0, 0.0, -1.0], [0.0, math.sqrt(0.5), math.sqrt(0.5)]])
    seen = surroundings(backdrop(origins, directions, unit=1.0))
    torch.testing.assert_close(seen[0, :2], torch.tensor([0.3, -0.5]), atol=0.01, rtol=0)
    torch.testing.assert_close(seen[1], floor.mean(dim=(0, 1)), atol=1e-6, rtol=0)
    seen.sum().backward()
    assert surroundings.floor.grad is not None and surroundings.sky.grad is not None
    torch.testing.assert_close(surroundings.floor.grad.sum(), torch.tensor(3.0))
    torch.testing.assert_close(surroundings.sky.grad.sum(), torch.tensor(3.0))


def test_a_box_begins_at_the_floor_where_it_reaches_above_it() -> None:
    box = torch.tensor([[-1, -1, -0.5], [1, 1, 0.25]])
    assert above_floor(box).tolist() == [[-1, -1, 0], [1, 1, 0.25]]
    for other in (box + torch.tensor([0, 0, 1]), box - torch.tensor([0, 0, 1])):
        assert above_floor(other).tolist() == other.tolist()
