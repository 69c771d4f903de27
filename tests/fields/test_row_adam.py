"""The compiled optimiser against torch's own."""

import pytest
import torch

from pad_nerfstudio.fields.row_adam import RowAdam
from tests.pretend_device import DEVICE, PretendDevice


def sparse_gradient(step: int, shape: tuple[int, ...]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(step)
    rows = torch.randperm(shape[0], generator=generator)[: shape[0] // 3].sort().values
    return torch.sparse_coo_tensor(rows[None], torch.randn(len(rows), *shape[1:], generator=generator), shape)


@pytest.mark.parametrize("shape", [(50,), (50, 7)])
@pytest.mark.parametrize("dense", [False, True])
def test_it_is_sparse_adam(shape: tuple[int, ...], dense: bool) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(9))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    fast = RowAdam([ours], lr=0.1, betas=(0.9, 0.99))
    slow = torch.optim.SparseAdam([theirs], lr=0.1, betas=(0.9, 0.99))
    for step in range(5):
        gradient = sparse_gradient(step, shape)
        ours.grad = gradient.to_dense() if dense else gradient
        theirs.grad = gradient
        fast.step()
        slow.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(50,), (50, 7)])
def test_what_a_gpu_runs_is_the_same(shape: tuple[int, ...]) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(9))
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    with PretendDevice() as device:
        there = torch.nn.Parameter(start.to(DEVICE))
        optimizers = RowAdam([there], lr=0.1), RowAdam([theirs], lr=0.1)
        for step in range(5):
            theirs.grad = sparse_gradient(step, shape).to_dense()
            there.grad = theirs.grad.to(DEVICE)
            device.waits.clear()
            for optimizer in optimizers:
                optimizer.step()
            assert not device.waits
        ours.data = there.detach().to("cpu")
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
