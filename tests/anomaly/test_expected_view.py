"""How far nearby photos contradict a reference."""

import torch

from pad_nerfstudio.anomaly.expected_view import color_spread


def test_the_largest_contradiction_counts() -> None:
    reference = torch.full((2, 2, 3), 0.5)
    alternatives = torch.stack([reference, reference.clone()])
    alternatives[1, 0, 1] += torch.tensor([0.3, 0.0, 0.4])
    assert torch.allclose(color_spread(reference, alternatives), torch.tensor([[0.0, 0.5], [0.0, 0.0]]))


def test_without_photos_nothing_contradicts() -> None:
    assert float(color_spread(torch.rand(3, 4, 3), torch.empty(0, 3, 4, 3)).max()) == 0.0
