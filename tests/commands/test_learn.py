"""`ns-pad-learn`, from trained fields to a file that `ns-pad-score` takes."""

from pathlib import Path

import pytest

from pad_nerfstudio.anomaly.learned.from_field import enough_pairs
from pad_nerfstudio.errors import UserError
from tests.command_line import run_command


def test_a_field_without_held_out_views_is_named() -> None:
    with pytest.raises(UserError, match="a/config.yml, b/config.yml: no held-out normal views"):
        enough_pairs([], [Path("a/config.yml"), Path("b/config.yml")])


def test_no_such_config_is_one_sentence(tmp_path: Path) -> None:
    missing = str(tmp_path / "config.yml")
    ended = run_command("ns-pad-learn", "--load-configs", missing, "--output-dir", str(tmp_path))
    assert ended.code == 2 and missing in ended.err and "Traceback" not in ended.err
