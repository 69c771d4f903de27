"""Which pixels training looks at."""

import pytest
import torch

from pad_nerfstudio.data.object_pixel_sampler import ObjectPixelSampler


def sampler(pixels: list[int], share: float = 0.9, seed: int = 0) -> ObjectPixelSampler:
    return ObjectPixelSampler(
        torch.tensor(pixels, dtype=torch.long), 1000, share, 64, torch.Generator().manual_seed(seed)
    )


def test_the_share_on_the_object_is_kept() -> None:
    drawn = sampler([3, 4, 5]).draw(1000)
    assert drawn.shape == (1000,) and int(drawn.min()) >= 0 and int(drawn.max()) < 1000
    on_object = int(torch.isin(drawn, torch.tensor([3, 4, 5])).sum())
    assert 900 <= on_object <= 910  # a few of the others fall on it by chance


def test_without_an_object_pixels_come_from_everywhere() -> None:
    assert sampler([]).draw(500).unique().numel() > 300


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_draws_follow_the_seed(share: float) -> None:
    first, second = (sampler([1, 2], share, seed=7).draw(50) for _ in range(2))
    assert torch.equal(first, second)
