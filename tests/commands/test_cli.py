"""How every command starts and ends."""

import errno
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from pad_nerfstudio.commands import cli
from pad_nerfstudio.errors import UserError


@dataclass
class Failing:
    """A command that fails as it is told."""

    failure: ClassVar[BaseException] = UserError("a: b; c")

    def main(self) -> None:
        raise self.failure


def ended(failure: BaseException, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code after a failure."""
    monkeypatch.setattr(sys, "argv", ["ns-pad-fail"])
    monkeypatch.setattr(Failing, "failure", failure)
    with pytest.raises(SystemExit) as stop:
        cli.run(Failing, description="Fail.")
    return stop.value.code


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (UserError("a: b; c"), 2, "error: a: b; c\n"),
        (KeyboardInterrupt(), 130, "interrupted: what is finished is kept, the same command goes on from there\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/out/a.json"),
            2,
            "error: /out/a.json: cannot be read or written (Permission denied); "
            "check the path, its permissions and the space left\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            2,
            "error: cannot be read or written (No space left on device); "
            "check the path, its permissions and the space left\n",
        ),
    ],
)
def test_failures_are_told_in_one_line(
    failure: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(failure, monkeypatch) == code
    assert capsys.readouterr().err == words


@pytest.mark.parametrize("failure", [ValueError("a bug"), ConnectionResetError(errno.ECONNRESET, "reset")])
def test_mistakes_of_the_program_keep_their_traceback(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ns-pad-fail"])
    monkeypatch.setattr(Failing, "failure", failure)
    with pytest.raises(type(failure)):
        cli.run(Failing, description="Fail.")


def test_only_foreign_modules_are_silenced() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        cli.silence_foreign_warnings()
        for category in (FutureWarning, UserWarning, DeprecationWarning):
            for module in ("nerfstudio.cameras.cameras", "torch", "torch.jit._script", "websockets.legacy"):
                warnings.warn_explicit("noise", category, str(Path(module)), 1, module=module)
            for module in ("pad_nerfstudio.fields.rendering", "__main__", "torchlight", "numpy"):
                warnings.warn_explicit("news", category, str(Path(module)), 1, module=module)
        warnings.warn_explicit("an overflow", RuntimeWarning, "torch", 1, module="torch")
    assert [str(warning.message) for warning in shown] == ["news"] * 12 + ["an overflow"]
