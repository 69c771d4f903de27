"""Verdicts from how much objects differ, before and while anything is learnt."""

import torch

from pad_nerfstudio.odd_one_out.laid_upon.measures import FLOORS
from pad_nerfstudio.odd_one_out.learned.surface_comparison import RARE, SurfaceComparison


def measures(count: int, odd: int | None = None) -> torch.Tensor:
    """Pairs that differ by noise, and an object that differs from all others three times as much."""
    found = 0.05 * torch.randn(count, count, len(FLOORS), generator=torch.Generator().manual_seed(0))
    found = found + found.transpose(0, 1)
    if odd is not None:
        found[odd] += 1.1
        found[:, odd] += 1.1
    found[torch.arange(count), torch.arange(count)] = 0.0
    return found


def test_an_odd_object_stands_out_before_anything_is_learnt() -> None:
    logits = SurfaceComparison()(measures(5, odd=3))
    assert float(logits[3]) > 0 > float(logits[[0, 1, 2, 4]].max())


def test_what_is_common_to_all_is_held_against_none() -> None:
    comparison, pairs = SurfaceComparison(), measures(4)
    torch.testing.assert_close(comparison(pairs + 2.0), comparison(pairs))
    assert float((comparison(pairs) - RARE).abs().max()) < 1.0


def test_alone_or_of_two_none_is_odd() -> None:
    comparison = SurfaceComparison()
    assert comparison(measures(1)).tolist() == [RARE]
    assert comparison(measures(2)).tolist() == [RARE, RARE]


def test_permuted_objects_have_permuted_logits() -> None:
    comparison, pairs, order = SurfaceComparison(), measures(5, odd=1), torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(comparison(pairs[order][:, order]), comparison(pairs)[order])


def test_all_weights_learn() -> None:
    comparison = SurfaceComparison()
    comparison(measures(4, odd=2)).square().sum().backward()
    assert all(p.grad is not None and bool((p.grad != 0).all()) for p in comparison.parameters())
