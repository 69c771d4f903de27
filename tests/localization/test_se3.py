"""Group axioms and numerics of se3."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_nerfstudio.localization import se3

EYE = torch.eye(4, dtype=torch.float64)


def coordinates(limit: float) -> st.SearchStrategy[float]:
    return st.floats(-limit, limit, allow_nan=False, allow_subnormal=False)


@st.composite
def twists(draw: st.DrawFn, largest_angle: float = 3.1) -> torch.Tensor:
    """Twists with a rotation below half a turn, often very small."""
    rho = draw(st.lists(coordinates(5.0), min_size=3, max_size=3))
    axis = torch.tensor(draw(st.lists(coordinates(1.0), min_size=3, max_size=3)), dtype=torch.float64)
    if axis.norm() < 1e-3:
        axis = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    angle = draw(st.one_of(coordinates(largest_angle), coordinates(1e-6), st.just(0.0), st.just(0.00999)))
    return torch.cat([torch.tensor(rho, dtype=torch.float64), angle * axis / axis.norm()])


@settings(deadline=None)
@given(twists())
def test_log_undoes_exp(twist: torch.Tensor) -> None:
    torch.testing.assert_close(se3.log(se3.exp(twist)), twist, atol=1e-9, rtol=1e-9)


@settings(deadline=None)
@given(twists())
def test_exp_is_the_matrix_exponential(twist: torch.Tensor) -> None:
    algebra = torch.zeros(4, 4, dtype=torch.float64)
    algebra[:3, :3], algebra[:3, 3] = se3.hat(twist[3:]), twist[:3]
    torch.testing.assert_close(se3.exp(twist), torch.linalg.matrix_exp(algebra), atol=1e-11, rtol=1e-11)


@settings(deadline=None)
@given(twists(), twists(), twists())
def test_group_axioms(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> None:
    x, y, z = se3.exp(a), se3.exp(b), se3.exp(c)
    torch.testing.assert_close(x @ se3.inverse(x), EYE, atol=1e-12, rtol=0)
    torch.testing.assert_close(se3.inverse(x) @ x, EYE, atol=1e-12, rtol=0)
    torch.testing.assert_close((x @ y) @ z, x @ (y @ z), atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(se3.inverse(x), se3.exp(-a), atol=1e-11, rtol=1e-11)
    torch.testing.assert_close(se3.inverse(x @ y), se3.inverse(y) @ se3.inverse(x), atol=1e-11, rtol=1e-11)


@settings(deadline=None)
@given(twists(), twists())
def test_adjoint_moves_a_twist_to_the_other_side(a: torch.Tensor, b: torch.Tensor) -> None:
    x = se3.exp(a)
    torch.testing.assert_close(x @ se3.exp(b), se3.exp(se3.adjoint(x) @ b) @ x, atol=1e-9, rtol=1e-9)


@settings(deadline=None)
@given(twists(), twists())
def test_pose_error_is_a_symmetric_distance(a: torch.Tensor, b: torch.Tensor) -> None:
    x, y = se3.exp(a), se3.exp(b)
    degrees, distance = se3.pose_error(x, y)
    assert (degrees, distance) == pytest.approx(se3.pose_error(y, x), abs=1e-9)
    assert se3.pose_error(x, x) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert 0 <= degrees <= 180 + 1e-9
    assert distance == pytest.approx((x[:3, 3] - y[:3, 3]).norm().item())


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-12, 1e-3), st.integers(0, 2))
def test_log_is_accurate_close_to_half_a_turn(gap: float, axis: int) -> None:
    phi = torch.zeros(3, dtype=torch.float64)
    phi[axis] = math.pi - gap
    found = se3.rotation_log(se3.exp(torch.cat([torch.zeros(3, dtype=torch.float64), phi]))[:3, :3])
    torch.testing.assert_close(found, phi, atol=1e-12, rtol=0)


def test_half_a_turn_itself() -> None:
    flip = torch.diag(torch.tensor([-1.0, 1.0, -1.0], dtype=torch.float64))
    assert se3.rotation_log(flip).norm().item() == pytest.approx(math.pi)


def test_gradients_are_finite_and_right_at_zero() -> None:
    zero = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(se3.exp, (zero,))
    generic = torch.tensor([0.3, -0.2, 0.5, 0.7, -0.4, 0.2], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda twist: se3.log(se3.exp(twist)), (generic,))


def test_batches_are_the_single_ones_stacked() -> None:
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(2, 3, 6, generator=generator, dtype=torch.float64) * 0.7
    motions = se3.exp(batch)
    assert motions.shape == (2, 3, 4, 4)
    torch.testing.assert_close(motions[1, 2], se3.exp(batch[1, 2]))
    torch.testing.assert_close(se3.log(motions), batch)
    torch.testing.assert_close(se3.adjoint(motions)[0, 1], se3.adjoint(motions[0, 1]))


def test_orthonormalised_repairs_rounding() -> None:
    motion = se3.exp(torch.tensor([1.0, 2, 3, 0.1, 0.2, 0.3], dtype=torch.float64))
    damaged = motion.clone()
    damaged[:3, :3] += 1e-4 * torch.ones(3, 3)
    repaired = se3.orthonormalised(damaged)
    torch.testing.assert_close(repaired @ se3.inverse(repaired), EYE, atol=1e-14, rtol=0)
    torch.testing.assert_close(repaired, motion, atol=1e-3, rtol=0)
