"""Highlights on a polished floor, which lie elsewhere in each view."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.odd_one_out.floor.texture import floor_texture
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos, read_photos
from pad_nerfstudio.odd_one_out.training_free import glare as glare_module
from pad_nerfstudio.odd_one_out.training_free import scene_field
from pad_nerfstudio.odd_one_out.training_free.glare import SIDE, Glare, glare_coordinates
from pad_nerfstudio.odd_one_out.training_free.scene_field import fit_scene_field
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings
from tests.scene_factory import make_scene

SETTINGS = TrainingFreeSettings(voxel=0.03, steps=100, fits=1)
CENTER = (24, 68)
"""Row and column of the highlights."""


def test_there_is_none_at_first() -> None:
    pixels = glare_coordinates(1, 3, (8, 6))
    assert pixels.shape == (48, 3)
    assert torch.equal(Glare(3)(pixels), torch.zeros(48, 1))


def test_views_do_not_share_it() -> None:
    glare = Glare(4)
    glare.light.data[0, 0, 2] = 0.5
    for view in range(4):
        expected = torch.full((48, 1), 0.5 if view == 2 else 0.0)
        torch.testing.assert_close(glare(glare_coordinates(view, 4, (8, 6))), expected, atol=1e-6, rtol=0)


def test_it_is_bilinear_over_a_photo() -> None:
    glare = Glare(2)
    glare.light.data[0, 0, 1] = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    width, height = 30, 18
    found = glare(glare_coordinates(1, 2, (width, height))).view(height, width)
    for row, column in ((0, 0), (17, 29), (4, 11), (9, 20), (12, 3)):
        y, x = (float(np.clip((p + 0.5) / n * SIDE - 0.5, 0, SIDE - 1)) for p, n in ((row, height), (column, width)))
        top, left = min(int(y), SIDE - 2), min(int(x), SIDE - 2)
        near = glare.light[0, 0, 1, top : top + 2, left : left + 2]
        weights = torch.outer(torch.tensor([1 - y + top, y - top]), torch.tensor([1 - x + left, x - left]))
        torch.testing.assert_close(found[row, column], (near * weights).sum())


def test_it_is_never_dark() -> None:
    glare = Glare(1)
    glare.light.data.fill_(-0.2)
    glare.clamp()
    assert bool((glare.light == 0).all())


def test_a_highlight_that_moves_over_the_floor_is_not_taken_for_an_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_field, "floor_texture", partial(floor_texture, texels=160))
    photos = _with_highlights(read_photos(read_scene(make_scene(tmp_path / "scene", views=8, size=(96, 96))), range(8)))
    fog = fit_scene_field(photos, SETTINGS).accumulation[:, CENTER[0], CENTER[1]].mean()
    monkeypatch.setattr(glare_module, "PRICE", 1e6)
    without = fit_scene_field(photos, SETTINGS).accumulation[:, CENTER[0], CENTER[1]].mean()
    assert fog < 0.5 * without


def _with_highlights(photos: Photos) -> Photos:
    """Each photo lighter around one pixel, which shows another place of the floor in each of them."""
    row, column = np.mgrid[: photos.size[1], : photos.size[0]]
    light = 0.35 * np.exp(-((row - CENTER[0]) ** 2 + (column - CENTER[1]) ** 2) / (2 * 12**2))
    return replace(photos, rgb=np.clip(photos.rgb + light[None, :, :, None], 0, 1).astype(np.float32))
