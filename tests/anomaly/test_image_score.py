"""From map to number."""

import pytest
import torch

from pad_nerfstudio.anomaly.image_score import IMAGE_SCORES, image_score_named, maximum, pooled_maximum
from pad_nerfstudio.errors import UserError


def test_one_pixel_decides_the_maximum_and_not_the_pooled_one() -> None:
    speck, patch = torch.zeros(400, 400), torch.zeros(400, 400)
    speck[100, 100] = 2.0
    patch[0:5, 0:5] = 1.0
    assert maximum(speck) == 2.0 > maximum(patch)
    assert pooled_maximum(speck) == pytest.approx(2.0 / 25) and pooled_maximum(patch) == pytest.approx(1.0)


def test_the_window_grows_with_the_image() -> None:
    patch = torch.zeros(800, 800)
    patch[300:305, 300:305] = 1.0
    assert pooled_maximum(patch) == pytest.approx(25 / 81)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=", ".join(IMAGE_SCORES)):
        image_score_named("mean")
