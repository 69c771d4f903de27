"""A photo that is stored turned or mirrored is the same photo: in localisation, in scoring and in the detector."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.data.images import EXIF_ORIENTATION, SWAPPED_ORIENTATIONS
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.field_localizer import read_photo
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.localize_queries import localize_queries
from pad_nerfstudio.localization.queries import find_photos, gather_queries
from tests.localization.analytic_field import CAMERA, QUICK, AnalyticField

WHITE = torch.ones(3)
STORED = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}
"""How a camera stores an upright scene under each orientation, by the table of the EXIF standard (tag 0x0112)."""


def store(upright: Image.Image, path: Path, orientation: int) -> None:
    for step in STORED[orientation]:
        upright = upright.transpose(step)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    upright.save(path, exif=exif, **({"quality": 95, "subsampling": 0} if path.suffix == ".jpg" else {}))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_every_reader_sees_the_upright_photo(tmp_path: Path, suffix: str, orientation: int) -> None:
    pixels = np.zeros((16, 24, 3), np.uint8)
    pixels[:8, :8], pixels[:8, 16:] = (200, 40, 40), (40, 200, 40)
    path = tmp_path / f"photo{suffix}"
    store(Image.fromarray(pixels), path, orientation)
    with Image.open(path) as stored:
        assert stored.size == ((16, 24) if orientation in SWAPPED_ORIENTATIONS else (24, 16))
    (found,), _ = find_photos(tmp_path, [path])
    assert (found.w, found.h) == (24, 16)
    posed = PosedPhoto("photo", path, torch.eye(4, dtype=torch.float64), Pinhole.from_angle_x(0.7, 24, 16))
    for seen in (read_photo(path, WHITE), posed.rgb(WHITE)):
        np.testing.assert_allclose(seen.numpy() * 255, pixels, atol=0 if suffix == ".png" else 12)


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_the_pose_is_that_of_the_upright_photo(analytic_class: Path, tmp_path: Path, orientation: int) -> None:
    upright = analytic_class / "test/good/1.png"
    turned = shutil.copy(upright, tmp_path / "turned.png")
    with Image.open(upright) as image:
        store(image.copy(), Path(turned), orientation)
    photos = gather_queries(analytic_class, [upright, Path(turned)], CAMERA, Intrinsics())[0]
    poses = localize_queries(AnalyticField(analytic_class), photos, QUICK, tmp_path / "out")
    one, other = (frame["transform_matrix"] for frame in json.loads(poses.read_text())["frames"])
    assert one == other
