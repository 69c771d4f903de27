"""ns-pad-localize from its options to its last line, on a field that is no Nerfstudio run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pad_nerfstudio.commands import localize
from pad_nerfstudio.commands.localize import LocalizeCommand
from pad_nerfstudio.localization.sift_retrieval import SiftConfig
from tests.localization.analytic_field import QUICK, AnalyticField, make_analytic_class

OPTIONS = ["--rendered-views", "0", "--finest-size", "64", "--hypotheses", "4", "--more-hypotheses", "4"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The analytic toy's class folder, with `load_trained_field` replaced."""
    from pad_nerfstudio.models import trained_field

    folder = make_analytic_class(tmp_path / "toy")
    monkeypatch.setattr(trained_field, "load_trained_field", lambda config, device: AnalyticField(folder))
    return folder


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["ns-pad-localize", *arguments])
    localize.entrypoint()


def test_it_prints_the_file_and_the_next_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = root.parent / "out"
    LocalizeCommand(load_config=root / "config.yml", output_dir=out, localizer=QUICK).main()
    printed = capsys.readouterr().out
    poses = out / "poses.json"
    assert str(poses) in printed and len(json.loads(poses.read_text())["frames"]) == 3
    config = root / "config.yml"
    assert printed.rstrip().endswith(f"ns-pad-score --load-config {config} --poses {poses} --output-dir {out}")


def test_options_reach_the_run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = root / "test" / "good" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    arguments = ["--load-config", str(root / "config.yml"), "--output-dir", str(root.parent / "out"), *OPTIONS]
    arguments += ["--queries", str(root / "test" / "good"), "--skip-bad-images", "--refine", "none", "--fl-x", "90"]
    call(monkeypatch, *arguments)
    content = json.loads((root.parent / "out" / "poses.json").read_text())
    assert [frame["file_path"] for frame in content["frames"]] == ["test/good/0.png"]
    assert content["settings"]["refine"] == "none" and content["camera"]["fl_x"] == 90
    assert str(broken) in capsys.readouterr().err


def test_a_retrieval_that_failed_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = replace(QUICK, retrieval="sift", refine="none", sift=SiftConfig(least_matches=1000))
    LocalizeCommand(load_config=root / "config.yml", output_dir=root.parent / "out", localizer=config).main()
    frames = json.loads((root.parent / "out" / "poses.json").read_text())["frames"]
    errors = capsys.readouterr().err.splitlines()
    for frame in frames:
        assert frame["retrieval"].startswith("sift failed: ")
        assert f"{frame['retrieval']}: {frame['file_path']}" in errors


def test_a_user_error_is_one_line_and_exit_code_2(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, nowhere = root.parent / "out", root / "nowhere"
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "--load-config", "c.yml", "--output-dir", str(out), "--queries", str(nowhere))
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and str(nowhere) in error
    assert not out.exists()
