"""stdout that a program reads."""

import os

import pytest

from pad_nerfstudio.commands.stdout import document_alone, written
from pad_nerfstudio.errors import UserError


def test_a_document_has_stdout_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with document_alone(True) as write:
        print("a note")
        write("{}\n")
    print("after")
    said = capsys.readouterr()
    assert said.out == "{}\nafter\n" and said.err == "a note\n"


def test_without_a_document_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with document_alone(False):
        print("a table")
    assert capsys.readouterr().out == "a table\n"


def test_nobody_reading_is_a_sentence() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        with pytest.raises(UserError, match="stdout: closed by what read it; ask again"):
            written(stream, "x" * 100_000, "ask again")
