"""The pretended device computes like the CPU, refuses what a GPU refuses, and notes what it would have waited for."""

import pytest
import torch

from tests.pretend_device import DEVICE, PretendDevice


def test_it_computes_and_learns() -> None:
    with PretendDevice() as device:
        x = torch.nn.Parameter(torch.arange(3.0, device=DEVICE))
        loss = (x * torch.rand(3, device=DEVICE)).cumsum(0)[:, None].exp().sum()
        loss.backward()
        torch.optim.SGD([x], lr=0.1, foreach=False).step()
        assert x.device == x.grad.device == DEVICE and not device.waits
        assert torch.equal(x.detach().to("cpu"), x.detach().held)


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: bool((x > 0).any()),
        lambda x: x.nonzero(),
        lambda x: x[x > 0],
        lambda x: x.cpu(),
        lambda x: x.tolist(),
        lambda x: x[torch.tensor([0, 1])],
        lambda x: x + torch.tensor([1.0, 2.0, 3.0], device=x.device),
        lambda x: torch.where(x > 0)[0],
    ],
)
def test_it_notes_what_waits(wait) -> None:
    with PretendDevice() as device:
        x = torch.arange(3.0, device=DEVICE)
        x = x * 2 + 1
        assert not device.waits
        wait(x)
        assert device.waits


def test_it_refuses_tensors_of_both_sides() -> None:
    with PretendDevice(), pytest.raises(RuntimeError, match="together"):
        torch.arange(3.0, device=DEVICE) + torch.ones(3)
