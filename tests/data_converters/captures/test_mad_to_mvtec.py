"""Class folders in the layout of MVTec AD."""

from pathlib import Path

import mad_to_mvtec
import numpy as np
import pytest
from captures.to_mvtec import to_mvtec
from PIL import Image

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.errors import UserError
from tests.mad_class_factory import make_mad_class


def test_images_and_masks_pair_by_the_order_of_their_names(tmp_path: Path) -> None:
    """As anomalib pairs them; with MAD's own names, the eleventh image would get the second mask."""
    given = read_mad_class(make_mad_class(tmp_path / "brick", queries_per_kind=12))
    to_mvtec(given, tmp_path / "out")
    images = sorted(map(str, (tmp_path / "out/test/Burrs").iterdir()))
    masks = sorted(map(str, (tmp_path / "out/ground_truth/Burrs").iterdir()))
    assert [Path(mask).stem for mask in masks] == [f"{Path(image).stem}_mask" for image in images]
    originals = [query for query in given.queries if query.kind == "Burrs"]
    for image, mask, query in zip(images, masks, originals, strict=True):
        assert Path(image).read_bytes() == query.path.read_bytes()
        assert query.mask_path is not None
        assert (np.asarray(Image.open(mask)) == np.asarray(Image.open(query.mask_path))).all()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ground_truth", "test", "train"]
    assert len(list((tmp_path / "out/train/good").iterdir())) == 12
    assert len(list((tmp_path / "out/test/good").iterdir())) == 12
    assert not (tmp_path / "out/ground_truth/good").exists()


def test_masks_become_0_and_255(mad_class: Path, tmp_path: Path) -> None:
    mask = mad_class / "ground_truth/Burrs/0_mask.png"
    ones = np.asarray(Image.open(mask)) // 255
    Image.fromarray(ones).save(mask)
    to_mvtec(read_mad_class(mad_class), tmp_path / "out")
    assert (np.asarray(Image.open(tmp_path / "out/ground_truth/Burrs/000_mask.png")) == 255 * ones).all()


@pytest.mark.parametrize("copy", [False, True])
def test_images_are_linked_or_copied(mad_class: Path, tmp_path: Path, copy: bool) -> None:
    to_mvtec(read_mad_class(mad_class), tmp_path / "out", copy)
    assert (tmp_path / "out/train/good/000.png").samefile(mad_class / "train/good/0.png") is not copy


def test_what_lies_under_transparency_does_not_show(mad_class: Path, tmp_path: Path) -> None:
    Image.new("RGBA", (16, 16), (200, 0, 0, 0)).save(mad_class / "train/good/0.png")
    to_mvtec(read_mad_class(mad_class), tmp_path / "out", background=(0.0, 0.0, 1.0))
    assert (np.asarray(Image.open(tmp_path / "out/train/good/000.png")) == (0, 0, 255)).all()


def test_all_images_of_a_kind_have_masks_or_none(mad_class: Path, tmp_path: Path) -> None:
    (mad_class / "ground_truth/Burrs/1_mask.png").unlink()
    with pytest.raises(UserError, match="test/Burrs/1.png: has no mask, while 1 of 2"):
        to_mvtec(read_mad_class(mad_class), tmp_path / "out")
    (mad_class / "ground_truth/Burrs/0_mask.png").unlink()
    to_mvtec(read_mad_class(mad_class), tmp_path / "out")
    assert not (tmp_path / "out/ground_truth").exists()


def test_the_program_says_how_anomalib_reads_it(mad_class: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["mad_to_mvtec.py", "--data", str(mad_class), "--output-dir", str(out)])
    run(mad_to_mvtec.MadToMvtec, description="")
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"next, in Python: anomalib.data.Folder(name='brick', root='{out}', normal_dir='train/good', "
        "normal_test_dir='test/good', abnormal_dir=['test/Burrs'], mask_dir=['ground_truth/Burrs'])"
    )
