"""What goes with --watch, and what is refused in one sentence."""

from pathlib import Path
from typing import Any

import pytest

from pad_nerfstudio.commands.score import ScoreCommand
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.watching.options import watched_folder


def command(tmp_path: Path, **options: Any) -> ScoreCommand:
    (tmp_path / "in").mkdir(exist_ok=True)
    given = {"watch": tmp_path / "in", "output_dir": tmp_path / "out", **options}
    return ScoreCommand(load_config=tmp_path / "config.yml", **given)


def test_the_folder(tmp_path: Path) -> None:
    assert watched_folder(command(tmp_path)) == tmp_path / "in"
    assert watched_folder(command(tmp_path, watch=None)) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queries": (Path("a.png"),)}, "--queries: does not go with --watch"),
        ({"poses": Path("poses.json")}, "--poses: does not go with --watch"),
        ({"scenes": (Path("scene"),)}, "--scenes: does not go with --watch"),
        ({"part_id": "gear-7"}, "--part-id: does not go with --watch"),
        ({"format": "csv"}, "--format: does not go with --watch"),
        ({"watch": Path("/no/such/folder")}, "--watch /no/such/folder: no such folder"),
        ({"watch_interval": 0.0}, "--watch-interval 0.0: out of range"),
        ({"watch_patience": -1.0}, "--watch-patience -1.0: out of range"),
    ],
)
def test_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        command(tmp_path, **options).main()


@pytest.mark.parametrize("below", ["in", "in/results"])
def test_what_is_written_must_not_be_watched(tmp_path: Path, below: str) -> None:
    with pytest.raises(UserError, match="lies in the watched folder"):
        command(tmp_path, output_dir=tmp_path / below).main()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "in")
    with pytest.raises(UserError, match="lies in the watched folder"):
        command(tmp_path, watch=tmp_path / "elsewhere", output_dir=tmp_path / below).main()
