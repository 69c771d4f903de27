"""Adam that visits only the rows a batch touched."""

import math
from collections.abc import Callable

import numba
import torch
from torch import Tensor

from pad_nerfstudio.fields.parallel import over_ranges


@numba.njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
def _update_rows(start, end, rows, grad, value, mean, square, rate, beta1, beta2, eps):
    for i in range(start, end):
        row = rows[i]
        for j in range(grad.shape[1]):
            g = grad[i, j]
            mean[row, j] += (1 - beta1) * (g - mean[row, j])
            square[row, j] += (1 - beta2) * (g * g - square[row, j])
            value[row, j] -= rate * mean[row, j] / (math.sqrt(square[row, j]) + eps)


class RowAdam(torch.optim.Optimizer):
    """`torch.optim.SparseAdam` with a compiled update: moments of untouched rows neither decay nor move their values.

    Dense gradients are taken too; there a row counts as touched where any of its gradients is not zero. Off the CPU all
    rows are visited, and those that are not touched stay as they are: that asks nothing of the device.
    """

    def __init__(self, params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-8) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take one step."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    beta1, beta2 = group["betas"]
                    self._step(parameter, parameter.grad, group["lr"], beta1, beta2, group["eps"])
        return loss

    def _step(self, parameter: Tensor, grad: Tensor, lr: float, beta1: float, beta2: float, eps: float) -> None:
        state = self.state[parameter]
        if not state:
            state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
        state["step"] += 1
        correction = math.sqrt(1 - beta2 ** state["step"])
        rate = lr * correction / (1 - beta1 ** state["step"])
        columns = (parameter, state["exp_avg"], state["exp_avg_sq"])
        value, mean, square = (t.detach().view(len(t), -1) for t in columns)
        if parameter.device.type != "cpu":
            update_touched(grad.to_dense().view(value.shape), value, mean, square, rate, beta1, beta2, eps * correction)
            return
        rows, grad = _touched(grad)
        grad = grad.reshape(len(grad), value.shape[1])
        arrays = [t.numpy() for t in (rows, grad, value, mean, square)]
        over_ranges(_update_rows, len(rows), 16384, *arrays, rate, beta1, beta2, eps * correction)


def update_touched(
    grad: Tensor, value: Tensor, mean: Tensor, square: Tensor, rate: float, beta1: float, beta2: float, eps: float
) -> None:
    """One step of Adam, in place, in the rows (rows, columns) where any gradient is not zero."""
    touched = (grad != 0).any(dim=-1, keepdim=True).to(grad.dtype)
    mean.lerp_(grad, (1 - beta1) * touched.expand_as(grad))
    square.lerp_(grad * grad, (1 - beta2) * touched.expand_as(grad))
    value.addcdiv_(touched * mean, square.sqrt() + eps, value=-rate)


def _touched(grad: Tensor) -> tuple[Tensor, Tensor]:
    """Rows with a gradient, and their gradients."""
    if grad.is_sparse:
        rows = grad._indices()[0]
        if not bool((rows[1:] > rows[:-1]).all()):  # autograd forgets that a gradient is coalesced, and sorting is slow
            grad = grad.coalesce()
        return grad._indices()[0], grad._values()
    rows = grad.flatten(1).any(-1).nonzero()[:, 0] if grad.dim() > 1 else grad.nonzero()[:, 0]
    return rows, grad[rows]
