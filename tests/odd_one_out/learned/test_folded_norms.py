import pytest
import torch
from torch import nn

from pad_nerfstudio.odd_one_out.learned.folded_norms import fold_batch_norms
from pad_nerfstudio.odd_one_out.learned.image_encoder import ImageEncoder


def norms_of(module: nn.Module) -> list[nn.BatchNorm2d]:
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


@pytest.mark.parametrize("backbone, cues", [("resnet18", 0), ("resnet50", 6)])
@torch.no_grad()
def test_a_folded_encoder_sees_the_same(backbone: str, cues: int) -> None:
    torch.manual_seed(0)
    draws = torch.Generator().manual_seed(0)
    encoder = ImageEncoder(backbone, (1, 2, 3), 8, 8, cues=cues).eval().double()
    for norm in norms_of(encoder):
        for values, low, high in ((norm.weight, 0.5, 1.5), (norm.bias, -0.2, 0.2), (norm.running_mean, -0.2, 0.2)):
            assert values is not None
            values.copy_(torch.rand(values.shape, generator=draws) * (high - low) + low)
        assert norm.running_var is not None
        norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=draws) + 0.5)
    images = torch.rand(2, 3, 64, 64, generator=draws).double()
    given = torch.randn(2, cues, 64, 64, generator=draws).double() if cues else None
    expected = encoder(images, given)
    assert norms_of(encoder)
    fold_batch_norms(encoder)
    assert not norms_of(encoder)
    torch.testing.assert_close(encoder(images, given), expected)


def test_groups_stay_as_they_are() -> None:
    encoder = ImageEncoder("resnet18", (1, 2), 8, 8, norm="group").eval()
    before = list(encoder.state_dict())
    fold_batch_norms(encoder)
    assert list(encoder.state_dict()) == before
