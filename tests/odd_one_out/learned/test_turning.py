import math

import pytest
import torch

from pad_nerfstudio.odd_one_out.learned import turning
from pad_nerfstudio.odd_one_out.learned.reference import slow_turn_costs
from pad_nerfstudio.odd_one_out.learned.turning import FARTHEST, TURNS, best_turns, turned, turned_by


def blobs(count: int, side: int, seed: int = 0) -> torch.Tensor:
    """Smooth volumes, 0 beyond a cylinder that stays within them however it is turned."""
    noise = torch.rand(count, 2, side, side, side, generator=torch.Generator().manual_seed(seed))
    axis = (torch.arange(side) + 0.5) / side * 2 - 1
    within = (axis[:, None] ** 2 + axis**2).sqrt() < 0.7
    return torch.nn.functional.avg_pool3d(noise, 3, 1, 1) * within[:, :, None]


def test_a_quarter_turn_goes_from_x_to_y() -> None:
    volumes = blobs(2, 8)
    torch.testing.assert_close(turned_by(volumes, math.pi / 2), torch.rot90(volumes, 1, (2, 3)), atol=1e-5, rtol=0)


def test_shifts_are_voxels_and_bring_in_nothing() -> None:
    volumes = torch.rand(1, 1, 6, 6, 6)
    moved = turned(volumes, torch.zeros(1), torch.tensor([[2.0, -1.0]]))
    torch.testing.assert_close(moved[:, :, 2:, :-1], volumes[:, :, :-2, 1:], atol=1e-5, rtol=0)
    assert float(moved[:, :, :2].abs().max()) < 1e-5 and float(moved[:, :, :, -1].abs().max()) < 1e-5


def test_the_best_turns_are_those_of_trying_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turning, "TURNS", 8)
    volumes, most = blobs(3, 8), int(FARTHEST * 8)
    found = best_turns(volumes)
    for first in range(3):
        for second in range(3):
            costs = slow_turn_costs(volumes[first], volumes[second])
            turn = round(float(found.angles[first, second]) / (2 * math.pi) * 8)
            x, y = (found.shifts[first, second].long() + most).tolist()
            assert float(costs[turn, x, y]) == pytest.approx(float(costs.min()), abs=1e-3)


def test_turned_objects_are_found_again() -> None:
    one = blobs(1, 16)
    angle = 2 * math.pi * 5 / TURNS
    both = torch.cat([one, turned(one, torch.tensor([angle]), torch.tensor([[1.0, -2.0]]))])
    turns = best_turns(both)
    assert float(turns.angles[1, 0]) == pytest.approx(angle) and turns.shifts[1, 0].tolist() == [1, -2]
    assert float(turns.angles[0, 1]) == pytest.approx(
        2 * math.pi - angle, abs=1.01 * 2 * math.pi / TURNS
    )  # no whole voxels back
    assert turns.angles.diagonal().tolist() == [0, 0] and not turns.shifts.diagonal(dim1=0, dim2=1).any()
