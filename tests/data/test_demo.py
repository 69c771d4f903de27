import zipfile
from pathlib import Path

import pytest

from pad_nerfstudio.data.demo import BUNDLED_DEMO, demo_commands, pack_demo, unpack_demo
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.errors import UserError


@pytest.fixture
def archive(mad_class: Path, tmp_path: Path) -> Path:
    pack_demo(mad_class, tmp_path / "demo.zip")
    return tmp_path / "demo.zip"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_packing_and_unpacking_gives_the_same_files(mad_class: Path, archive: Path, tmp_path: Path) -> None:
    folder = unpack_demo(tmp_path / "out", archive)
    assert folder == tmp_path / "out" / "brick_demo"
    assert contents(folder) == contents(mad_class)
    assert list((tmp_path / "out").iterdir()) == [folder]


def test_packing_is_reproducible(mad_class: Path, archive: Path, tmp_path: Path) -> None:
    (mad_class / "transforms.json").touch()
    pack_demo(mad_class, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_what_is_there_is_kept_and_what_is_missing_comes_back(archive: Path, tmp_path: Path) -> None:
    folder = unpack_demo(tmp_path / "out", archive)
    (folder / "transforms.json").write_text("mine")
    (folder / "train" / "good" / "3.png").unlink()
    assert unpack_demo(tmp_path / "out", archive) == folder
    assert (folder / "transforms.json").read_text() == "mine"
    assert (folder / "train" / "good" / "3.png").is_file()


def test_a_failure_leaves_nothing_half_made(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: zipfile.ZipFile, path: Path) -> None:
        (path / "brick_demo").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "extractall", fails)
    with pytest.raises(KeyboardInterrupt):
        unpack_demo(tmp_path / "out", archive)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_or_broken_archive(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none.zip: the bundled demo is missing; install pad-nerfstudio again"):
        unpack_demo(tmp_path, tmp_path / "none.zip")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match="broken.zip: the bundled demo is broken; install pad-nerfstudio again"):
        unpack_demo(tmp_path, tmp_path / "broken.zip")


def test_an_output_folder_that_cannot_be(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="give another --output-dir"):
        unpack_demo(tmp_path / "file" / "out", archive)
    with pytest.raises(UserError, match="give another --output-dir"):
        unpack_demo(tmp_path / "file", archive)


def test_the_commands_hand_their_files_on(tmp_path: Path) -> None:
    train, localize, score = demo_commands(tmp_path / "brick")
    assert train[:4] == ["ns-train", "pad-nerf", "--data", str(tmp_path / "brick")]
    assert localize[:3] == ["ns-pad-localize", "--load-config", f"{tmp_path}/outputs/demo/pad-nerf/run/config.yml"]
    assert score[score.index("--poses") + 1] == localize[-1] + "/poses.json"
    assert score[2] == localize[2]


def test_the_bundled_demo_is_small_and_whole(tmp_path: Path) -> None:
    assert BUNDLED_DEMO.stat().st_size <= 3_000_000
    read = read_mad_class(unpack_demo(tmp_path))
    assert len(read.training_views) >= 30
    kinds = {query.kind for query in read.queries}
    assert kinds == {"good", "Burrs", "Missing", "Stains"}
    assert all((query.mask_path is not None) == (query.label == 1) for query in read.queries)
    assert not read.skipped and not read.notes
