import os
from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned import teacher as teacher_module
from pad_nerfstudio.odd_one_out.learned.taught_features import TaughtFeatures
from pad_nerfstudio.odd_one_out.learned.teacher import Reduction, Teacher, find_teacher
from tests.scene_factory import make_scene


class Counted:
    """An extractor that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, image: torch.Tensor) -> list[torch.Tensor]:
        self.asked += 1
        return [image, torch.cat([image, image.flip(1), image * image])]


def counted() -> Teacher:
    return Teacher("counted", "", Counted())


def test_without_weights_the_stand_in_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(name: str, weights: Path | None = None) -> object:
        if name == "dinov2_vits14":
            raise UserError("--extractor dinov2_vits14: its weights are nowhere; name the file with --weights FILE")
        return real(name, weights)

    real = teacher_module.extractor_named
    monkeypatch.setattr(teacher_module, "extractor_named", none)
    found = find_teacher("auto", None)
    assert found.name == "descriptors" and "not DINOv2" in found.remark
    with pytest.raises(UserError, match="--pipeline.datamanager.teacher dinov2_vits14.*teacher-weights FILE"):
        find_teacher("dinov2_vits14", None)
    with pytest.raises(UserError, match="teacher dinov2_vits14"):
        find_teacher("auto", tmp_path / "missing.pth")
    assert find_teacher("descriptors", None)(torch.rand(3, 20, 30)).shape == (32, 32, 32)


def test_all_principal_components_keep_everything_and_few_keep_the_most() -> None:
    maps = [torch.randn(6, 5, 7, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    whole, few = Reduction.of(maps, 6), Reduction.of(maps, 2)
    restored = torch.einsum("kd,kab->dab", whole.components, whole(maps[0])) + whole.mean[:, None, None]
    torch.testing.assert_close(restored, maps[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(few(maps[1]).abs(), whole(maps[1])[:2].abs(), atol=1e-4, rtol=0)
    assert few.components.shape == (2, 6) and Reduction.of(maps, 100).components.shape == (6, 6)


def test_features_are_computed_once_and_again_when_a_scene_changes(tmp_path: Path) -> None:
    roots = [make_scene(tmp_path / name, views=3, size=(32, 32)) for name in ("a", "b")]
    first = counted()
    taught = TaughtFeatures(first, roots, 4, tmp_path / "cache")
    found = taught(roots[1], [2, 0])
    assert found.shape == (2, 4, 32, 32) and first.extractor.asked == 12
    image = torch.from_numpy(np.array(read_image(roots[1] / "RGB" / "0002.png"))).permute(2, 0, 1) / 255.0
    torch.testing.assert_close(found[0], taught.reduction(first(image)), atol=2e-3, rtol=0)

    again = counted()
    torch.testing.assert_close(TaughtFeatures(again, roots, 4, tmp_path / "cache")(roots[1], [2, 0]), found)
    assert again.extractor.asked == 0
    os.utime(roots[1] / "scene3d.metadata.json", (1, 1))
    TaughtFeatures(again, roots, 4, tmp_path / "cache")
    assert again.extractor.asked == 6 + 3  # the components, and the scene that changed


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="teacher-cache DIR"):
        TaughtFeatures(counted(), [make_scene(tmp_path / "a", views=2, size=(16, 16))], 4, tmp_path / "file" / "cache")
