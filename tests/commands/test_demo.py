import os
import subprocess
import sys
from pathlib import Path

import pytest

from pad_nerfstudio.commands import demo
from pad_nerfstudio.data import demo as data_demo


@pytest.fixture
def archive(mad_class: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "demo.zip"
    data_demo.pack_demo(mad_class, path)
    monkeypatch.setattr(demo, "unpack_demo", lambda folder: data_demo.unpack_demo(folder, path))
    return path


def test_the_commands_alone_stand_on_stdout(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["ns-pad-demo", "--output-dir", str(tmp_path / "with space")])
    demo.entrypoint()
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split()[0] for line in lines] == ["ns-train", "ns-pad-localize", "ns-pad-score"]
    assert f"--data '{tmp_path}/with space/brick_demo'" in lines[0]
    assert f"demo: {tmp_path}/with space/brick_demo" in printed.err


def test_the_output_folder_is_demo_and_paths_are_absolute(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    demo.DemoCommand().main()
    assert f"--data {tmp_path}/demo/brick_demo " in capsys.readouterr().out


def test_a_mistake_is_one_line_and_code_2(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["ns-pad-demo", "--output-dir", str(archive)])
    with pytest.raises(SystemExit) as caught:
        demo.entrypoint()
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {archive}: cannot be written") and error.count("\n") == 1


def test_help_is_light_and_names_the_option() -> None:
    code = (
        "import sys\nfrom pad_nerfstudio.commands.demo import entrypoint\nsys.argv = ['ns-pad-demo', '--help']\n"
        "try: entrypoint()\nexcept SystemExit: assert not any(m in sys.modules for m in ('torch', 'nerfstudio'))"
    )
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert "--output-dir" in done.stdout and "what is there already is kept" in done.stdout


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), (b"PK", "is broken")])
def test_a_demo_that_cannot_be_unpacked_is_one_line_and_code_2(
    archive: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    words: str,
) -> None:
    archive.unlink() if content is None else archive.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["ns-pad-demo", "--output-dir", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as caught:
        demo.entrypoint()
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"error: {archive}: the bundled demo {words}; install pad-nerfstudio again\n"
    assert not (tmp_path / "out").exists()
