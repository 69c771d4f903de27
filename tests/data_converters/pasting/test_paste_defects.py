"""Copies with defects: exact masks, the same whatever was made before, resumed, and refused with one sentence."""

import json
from pathlib import Path

import numpy as np
import paste_defects
import pytest
import torch
from PIL import Image
from scipy import ndimage

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.localization.true_poses import frames_of
from tests.mad_class_factory import make_mad_class

SIDE = 96


def wooden_disc(alpha: bool) -> Image.Image:
    """A brown, grained disc before a grey wall; its surroundings are transparent where `alpha` says so."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    inside = np.hypot(x, y) < 0.38 * SIDE
    grain = np.random.default_rng(0).integers(-12, 13, (SIDE, SIDE, 1))
    rgb = np.where(inside[..., None], np.array((150, 105, 60)) + grain, 225).astype(np.uint8)
    return Image.fromarray(np.dstack([rgb, np.uint8(255) * inside]) if alpha else rgb)


def make_class(folder: Path, alpha: bool = True) -> Path:
    make_mad_class(folder, size=(SIDE, SIDE), kinds=("good",))
    for index in range(2):
        wooden_disc(alpha).save(folder / f"test/good/{index}.png")
    pose = np.eye(4).tolist()
    frames = [{"file_path": f"test/good/{index}.png", "transform_matrix": pose} for index in range(2)]
    (folder / "true_poses.json").write_text(json.dumps({"camera": {"fl_x": 90.0}, "frames": frames}))
    return folder


@pytest.fixture
def paste(monkeypatch):
    def call(folder: Path, *options: object) -> None:
        monkeypatch.setattr("sys.argv", ["paste_defects.py", "--data", str(folder), *map(str, options)])
        run(paste_defects.PasteDefects, description="")

    return call


def shown(path: Path) -> np.ndarray:
    """Colours over white, in CIE L*a*b*; worked out pixel by pixel as the reference for masks."""
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    rgb = np.asarray(Image.alpha_composite(white, image).convert("RGB"))
    return srgb_to_lab(torch.from_numpy(rgb / np.float32(255))).numpy()


@pytest.mark.parametrize("alpha", [True, False])
def test_masks_are_where_the_pictures_look_different(tmp_path: Path, paste, alpha: bool) -> None:
    folder = make_class(tmp_path / "part", alpha)
    paste(folder)
    queries = [query for query in read_mad_class(folder).queries if query.kind != "good"]
    assert len(queries) == 6
    good = Image.open(folder / "test/good/0.png")
    seen = (np.asarray(wooden_disc(True))[..., 3] > 0).sum()
    for query in queries:
        assert query.mask_path is not None and Image.open(query.path).mode == good.mode
        change = np.linalg.norm(shown(query.path) - shown(folder / "test/good/0.png"), axis=-1)
        mask = np.asarray(Image.open(query.mask_path)) == 255
        differs = (change > 2.3) != mask
        assert not (differs & (np.abs(change - 2.3) > 0.2)).any()  # 8-bit compositing rounds
        assert 0.01 * seen <= mask.sum() <= 0.06 * seen and change[mask].mean() >= 10


def test_chips_show_what_is_behind_and_have_a_dark_edge(tmp_path: Path, paste) -> None:
    for alpha in (True, False):
        folder = make_class(tmp_path / f"part{alpha}", alpha)
        paste(folder, "--kinds", "Chips", "--sizes", "0.04", "0.08")
        pixels = np.asarray(Image.open(folder / "test/Chips/0.png")).astype(int)
        solid = np.asarray(wooden_disc(True))[..., 3] > 0
        gone = solid & (pixels[..., 3] == 0 if alpha else (np.abs(pixels[..., :3] - 225).max(-1) < 3))
        assert gone.sum() > 0.02 * solid.sum()
        assert ndimage.binary_dilation(~solid)[gone].any()  # it begins at the rim
        edge = ndimage.binary_dilation(gone, iterations=2) & solid & ~ndimage.binary_dilation(gone)
        assert (
            pixels[edge][:, :3].mean()
            < 0.8 * pixels[solid & ~ndimage.binary_dilation(gone, iterations=9)][:, :3].mean()
        )


def test_stains_stay_on_the_object(tmp_path: Path, paste) -> None:
    folder = make_class(tmp_path / "part", alpha=False)
    paste(folder, "--kinds", "Stains", "--per-photo", "3")
    outside = np.asarray(wooden_disc(True))[..., 3] == 0
    for path in (folder / "test/Stains").iterdir():
        assert (np.asarray(Image.open(path))[outside] == 225).all()


def test_pictures_do_not_depend_on_what_was_made_before(tmp_path: Path, paste) -> None:
    first, second = make_class(tmp_path / "a"), make_class(tmp_path / "b")
    paste(first, "--per-photo", "2")
    paste(second, "--kinds", "Foreign")
    (second / "test/Foreign/1.png").unlink()
    paste(second, "--per-photo", "2", "--kinds", "Foreign", "Stains")
    names = [path.relative_to(second) for path in second.rglob("*") if path.parent.name in ("Foreign", "Stains")]
    assert len(names) == 16  # two kinds, two photos, two copies, each with its mask
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert len({(first / "test/Stains" / f"{index}.png").read_bytes() for index in range(4)}) == 4


def test_copies_have_the_pose_of_their_photo(tmp_path: Path, paste) -> None:
    folder = make_class(tmp_path / "part")
    paste(folder, "--kinds", "Stains")
    assert set(frames_of(folder / "true_poses.json")) == {
        f"test/{kind}/{index}.png" for kind in ("good", "Stains") for index in range(2)
    }


def test_given_masks_tell_where_the_object_is(tmp_path: Path, paste) -> None:
    folder = make_class(tmp_path / "part", alpha=False)
    for index in range(2):  # no plain border
        noise = np.random.default_rng(index).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"test/good/{index}.png")
    (tmp_path / "masks").mkdir()
    for index in range(2):
        wooden_disc(True).save(tmp_path / f"masks/{index}.png")
    paste(folder, "--kinds", "Stains", "--object-masks", tmp_path / "masks")
    outside = np.asarray(wooden_disc(True))[..., 3] == 0
    changed = np.asarray(Image.open(folder / "ground_truth/Stains/0_mask.png")) > 0
    assert changed.any() and not changed[outside].any()


def mistake(words: str, *options: str, prepare=lambda folder: None):
    return pytest.param(words, options, prepare, id=words[:30])


@pytest.mark.parametrize(
    ("words", "options", "prepare"),
    [
        mistake("--sizes 0.2 0.1", "--sizes", "0.2", "0.1"),
        mistake("--per-photo must be", "--per-photo", "0"),
        mistake(
            "test/good: holds no photo", prepare=lambda folder: [p.unlink() for p in (folder / "test/good").iterdir()]
        ),
        mistake(
            "Stains/0.png: another picture",
            prepare=lambda folder: (
                (folder / "test/Stains").mkdir(),
                wooden_disc(False).save(folder / "test/Stains/0.png"),
            ),
        ),
        mistake(
            "neither transparency nor a plain border",
            prepare=lambda folder: Image.effect_noise((SIDE, SIDE), 99).save(folder / "test/good/0.png"),
        ),
        mistake("has no mask of 0.png", "--object-masks", "{root}"),
        mistake("were too small or too faint", "--min-contrast", "300"),
    ],
)
def test_mistakes_end_with_one_sentence(tmp_path: Path, paste, capsys, words, options, prepare) -> None:
    folder = make_class(tmp_path / "part")
    prepare(folder)
    with pytest.raises(SystemExit, match="2"):
        paste(folder, *(option.format(root=tmp_path) for option in options))
    error = capsys.readouterr().err
    assert words in error and error.startswith("error: ") and error.count("\n") == 1


def test_other_options_are_not_mixed_in(tmp_path: Path, paste, capsys) -> None:
    folder = make_class(tmp_path / "part")
    paste(folder, "--kinds", "Stains")
    with pytest.raises(SystemExit, match="2"):
        paste(folder, "--kinds", "Stains", "--seed", "1")
    assert "made with other options" in capsys.readouterr().err
