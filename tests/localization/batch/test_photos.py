"""How many photos go together, and what happens where they do not fit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.batch import photos as photos_module
from pad_nerfstudio.localization.batch.photos import localized_together, photos_at_once
from pad_nerfstudio.localization.gallery import Gallery, PosedImage, described
from pad_nerfstudio.localization.localizer import Localizer, LocalizerConfig
from pad_nerfstudio.localization.queries import QueryPhoto
from tests.localization.analytic_field import AnalyticField
from tests.localization.analytic_scene import AnalyticScene, look_at


class OnAGpu:
    """Says that it rasterises there."""

    device = torch.device("cuda")
    rasterizes = True


def test_photos_go_together_where_a_gpu_rasterises_or_as_asked() -> None:
    assert photos_at_once(OnAGpu(), 0) == 16 and photos_at_once(OnAGpu(), 3) == 3
    assert photos_at_once(AnalyticScene(), 0) == 1 and photos_at_once(AnalyticScene(), 5) == 5


def test_too_many_for_the_memory_are_told_in_a_sentence(analytic_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(photos_module, "localize_all", full)
    field, camera, pose = AnalyticField(analytic_class), Pinhole.from_angle_x(0.691, 32, 32), look_at((25, 40), 4.0)
    gallery = Gallery([described(PosedImage(AnalyticScene().render(pose, camera).rgb, pose, camera))])
    localizer = Localizer(AnalyticScene(), gallery, LocalizerConfig())
    photo = QueryPhoto("test/good/0.png", next((analytic_class / "test").rglob("*.png")), camera)
    with pytest.raises(UserError, match="--batch: the GPU cannot hold 1 photos"):
        list(localized_together(localizer, field, [photo], 4))
