"""Masks of queries: found beside them or in folders like theirs, and nothing outside of them is seen."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.anomaly.poses_json import read_poses
from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.field_localizer import read_photo
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.localize_queries import localize_queries
from pad_nerfstudio.localization.queries import gather_queries
from pad_nerfstudio.localization.query_masks import find_masks
from tests.localization.analytic_field import CAMERA, QUICK, TRUE_POSES, AnalyticField
from tests.localization.analytic_scene import AnalyticScene

WHITE = torch.ones(3)


def cluttered(path: Path) -> Image.Image:
    """Puts noise behind the object of a photo; returns its mask."""
    mask = AnalyticScene().render(TRUE_POSES["test/good/0.png"], CAMERA).accumulation.numpy()[..., None] > 0
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3))
    Image.fromarray(np.where(mask, read_image(path), noise).astype(np.uint8)).save(path)
    return Image.fromarray(mask[..., 0])


def test_a_query_s_mask_hides_its_background(analytic_class: Path, tmp_path: Path) -> None:
    photo, masks = analytic_class / "test/good/0.png", tmp_path / "masks"
    masks.mkdir()
    before = read_image(photo)
    cluttered(photo).save(masks / "0.png")
    np.testing.assert_allclose(read_photo(photo, WHITE, mask=masks / "0.png") * 255, before, atol=90)
    photos = gather_queries(analytic_class, [photo], CAMERA, Intrinsics(), masks=masks)[0]
    path = localize_queries(AnalyticField(analytic_class), photos, QUICK, tmp_path / "out")
    (frame,) = json.loads(path.read_text())["frames"]
    assert frame["retrieval"] == "polar" and frame["converged"]
    assert read_poses(path)["test/good/0.png"].object_mask == masks / "0.png"


@pytest.mark.parametrize("place", ["test/good/0.png", "good/0.png", "0.png", "good/0_mask.png"])
def test_masks_lie_like_their_photos(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 6)).save(tmp_path / place)
    photo = Path("/class/test/good/0.jpg")
    assert find_masks(tmp_path, [("test/good/0.jpg", photo, (8, 6)), ("x.jpg", Path("/x.jpg"), (8, 6))]) == {
        photo: tmp_path / place
    }
    with pytest.raises(UserError, match="the mask has 8x6 pixels but its image 6x8"):
        find_masks(tmp_path, [("test/good/0.jpg", photo, (6, 8))])


def test_folders_without_masks(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--query-masks .*nowhere: no such folder"):
        find_masks(tmp_path / "nowhere", [])
    with pytest.raises(UserError, match="holds no mask of any query"):
        find_masks(tmp_path, [("0.png", Path("/0.png"), (8, 6))])
