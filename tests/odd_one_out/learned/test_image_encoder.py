import pytest
import torch
from torch import nn

from pad_nerfstudio.odd_one_out.learned.image_encoder import ImageEncoder, Norm


@pytest.mark.parametrize(("levels", "stride"), [((0, 1), 2), ((1, 2), 4), ((1, 2, 3), 4)])
def test_maps_have_the_stride_of_the_first_level(levels: tuple[int, ...], stride: int) -> None:
    encoder = ImageEncoder("resnet18", levels, width=8, channels=6).eval()
    with torch.no_grad():
        assert encoder(torch.rand(2, 3, 64, 96)).shape == (2, 6, 64 // stride, 96 // stride)


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_only_a_batch_norm_lets_images_of_a_batch_see_each_other(norm: Norm) -> None:
    torch.manual_seed(0)
    encoder = ImageEncoder("resnet18", (1, 2), 8, 6, norm).train()
    assert any(isinstance(module, nn.BatchNorm2d) for module in encoder.modules()) == (norm == "batch")
    images = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        alone, together = encoder(images[:2])[0], encoder(images)[0]
    assert torch.allclose(alone, together, atol=1e-4) == (norm == "group")
