import math

import pytest
import torch

from pad_nerfstudio.odd_one_out.learned.aligned_comparison import AlignedComparison
from pad_nerfstudio.odd_one_out.learned.seen_volumes import SEEN
from pad_nerfstudio.odd_one_out.learned.turning import turned_by


def objects(count: int = 4, side: int = 16) -> torch.Tensor:
    """The same lopsided, two-coloured body several times, each turned differently."""
    axis = (torch.arange(side) + 0.5) / side * 2 - 1
    x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")
    body = ((x / 0.7) ** 2 + (y / 0.35) ** 2 < 1) & (z < 0.5 + 0.4 * x)
    color = torch.stack([0.5 + 0.5 * x, 0.5 - 0.3 * x, torch.full_like(x, 0.4)])
    one = torch.cat([body[None].float(), color * body, torch.full_like(color, 0.05) * body])
    return torch.cat([turned_by(one[None], 2 * math.pi * number / count) for number in range(count)])


def without_a_part(whole: torch.Tensor) -> torch.Tensor:
    part = whole.clone()
    part[:, :, :, 9:] = 0
    return part


def repainted(whole: torch.Tensor) -> torch.Tensor:
    other = whole.clone()
    other[1:4] = whole[[3, 1, 2]]
    return other


@pytest.mark.parametrize("spoilt", [without_a_part, repainted])
def test_an_odd_object_stands_out_before_anything_is_learnt(spoilt) -> None:
    scene = objects()
    scene[2] = spoilt(scene[2])
    logits = AlignedComparison()(scene)[0]
    assert int(logits.argmax()) == 2
    others = logits[[0, 1, 3]]
    assert float(logits[2]) > 0 > float(others.max())


def test_what_is_common_to_all_is_held_against_none() -> None:
    torch.manual_seed(0)
    comparison, scene = AlignedComparison(), objects()
    for changed in (scene, repainted(scene.movedim(1, 0)).movedim(0, 1), scene[:2]):
        spread = comparison(changed)[0] - comparison.plain.bias
        assert float(spread.abs().max()) < 1.0
    assert torch.equal(comparison(scene[:1])[0], comparison.plain.bias)


def test_permuted_objects_have_permuted_logits() -> None:
    torch.manual_seed(0)
    comparison, scene, order = AlignedComparison(), torch.rand(5, SEEN, 8, 8, 8), torch.tensor([3, 0, 4, 1, 2])
    torch.nn.init.normal_(comparison.learnt[-1].weight)
    torch.testing.assert_close(comparison(scene[order])[0], comparison(scene)[0][order], atol=1e-4, rtol=0)


def test_all_weights_learn() -> None:
    torch.manual_seed(0)
    comparison = AlignedComparison()
    torch.nn.init.normal_(comparison.learnt[-1].weight)
    comparison(torch.rand(4, SEEN, 8, 8, 8))[0][0].backward()
    assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in comparison.parameters())


def test_matches_lie_at_the_same_place_of_the_body() -> None:
    scene = objects()
    comparison = AlignedComparison()
    turns = comparison(scene)[1]
    here, there = comparison.matches(scene, turns, None, (0, 1), 12)
    assert 6 <= len(here) == len(there) <= 12
    colors = [scene[number, 1:4].flatten(1)[:, voxels] for number, voxels in ((0, here), (1, there))]
    assert float((colors[0] - colors[1]).abs().mean()) < 0.05
    assert not torch.equal(here, there)
