"""What --help says, word for word: an option that appears, vanishes or changes its default is noticed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.command_line import run_command
from tests.snapshots import check_text

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


@pytest.mark.parametrize("command", ["ns-pad-bench", "ns-pad-demo", "ns-pad-learn", "ns-pad-localize", "ns-pad-score"])
def test_the_help_of_a_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if f"tyro=={version('tyro')}" not in CONSTRAINTS.read_text().splitlines():
        pytest.skip("another tyro than that of constraints.txt lays its help out in another way")
    for name, value in {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    ended = run_command(command, "--help")
    assert ended.code == 0 and ended.err == ""
    check_text(f"{command}.txt", re.sub(r" +\n", "\n", ended.out).strip() + "\n")
