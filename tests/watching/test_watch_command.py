"""`ns-pad-score --watch` as it is used: in a process of its own, which is killed."""

import os
from pathlib import Path

import pytest

from tests.watching.drill import check, drill

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")


@pytest.mark.slow
def test_every_photo_is_scored_exactly_once(tiny_run: Path, tmp_path: Path) -> None:
    photos = sorted((tiny_run.parents[3] / "cube" / "test").rglob("*.png"))
    drilled = drill(tiny_run, photos, tmp_path / "line", 12)
    check(drilled, tmp_path / "line", 12)
