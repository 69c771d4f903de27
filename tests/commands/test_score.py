"""The command from its options to its last line, on a field that is no field."""

import json
from pathlib import Path

import pytest

from pad_nerfstudio.commands import score
from pad_nerfstudio.commands.score import ScoreCommand
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.viewing.pointer import Pointer, read_pointer
from tests.anomaly.fakes import WHITE, SquareRenderer, training_view, write_photo
from tests.mad_class_factory import make_mad_class


class FakeTrainedField(SquareRenderer):
    """A trained field that renders a square."""

    method = "pad-nerf"
    camera = Pinhole.from_angle_x(0.691, 48, 48)
    background = WHITE

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.data_root = root
        self.config_path, self.checkpoint = root / "config.yml", root / "step-1.ckpt"
        self.config_path.write_text("")
        self.checkpoint.write_bytes(b"")
        self.training_views, self.held_out_views = [training_view(root)], list[TrainingView]()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class folder with photos of a square, its true poses, and `load_trained_field` replaced."""
    folder = make_mad_class(tmp_path / "toy", size=(48, 48), kinds=("good",), queries_per_kind=0)
    made = [write_photo(folder, kind, index) for kind in ("good", "Burrs") for index in range(2)]
    frames = [
        {"file_path": photo.file_path, "transform_matrix": photo.camera_to_world.tolist(), "converged": True}
        for photo in made
    ]
    (folder / "poses.json").write_text(json.dumps({"camera": made[0].camera.as_dict(), "frames": frames}))
    from pad_nerfstudio.models import trained_field

    monkeypatch.setattr(trained_field, "load_trained_field", lambda config, device: FakeTrainedField(folder))
    return folder


def test_the_command_ends_with_absolute_paths_and_the_next_command(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = root.parent / "out"
    ScoreCommand(load_config=root / "config.yml", output_dir=out, poses=root / "poses.json").main()
    printed = capsys.readouterr()
    assert "Burrs" in printed.out and "AUPRO" in printed.out
    for name in ("scores.csv", "metrics.json", "maps", "report.html"):
        assert str(out / name) in printed.out and (out / name).exists()
    next_command = f"ns-viewer --load-config {root / 'config.yml'} --viewer.websocket-host 127.0.0.1"
    assert printed.out.rstrip().endswith(next_command)
    assert "no held-out normal view" in printed.err
    assert read_pointer(root) == Pointer(out, root / "poses.json")


def test_a_run_folder_that_cannot_be_written_is_no_error(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "scored.json").mkdir()
    out = root.parent / "out"
    ScoreCommand(load_config=root / "config.yml", output_dir=out, poses=root / "poses.json").main()
    assert "scored.json: cannot be written" in capsys.readouterr().err and (out / "scores.csv").exists()


def test_a_user_error_is_one_line_and_exit_code_2(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--load-config", str(root / "config.yml"), "--output-dir", str(root.parent / "out")]
    missing = str(root / "nowhere.json")
    monkeypatch.setattr("sys.argv", ["ns-pad-score", *arguments, "--poses", missing])
    with pytest.raises(SystemExit) as ended:
        score.entrypoint()
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err == f"error: {missing}: no such file; give the poses.json that ns-pad-localize wrote\n"
    )


def test_a_rate_that_is_none_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pad_nerfstudio.errors import UserError

    for rate in (0.0, 1.0, -0.1):
        command = ScoreCommand(root / "config.yml", root.parent / "out", root / "poses.json", false_positive_rate=rate)
        with pytest.raises(UserError, match="--false-positive-rate"):
            command.main()


def test_the_help_names_every_option(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["ns-pad-score", "--help"])
    with pytest.raises(SystemExit) as ended:
        score.entrypoint()
    text = capsys.readouterr().out
    assert ended.value.code == 0
    for option in ("--load-config", "--poses", "--queries", "--output-dir", "--comparison", "--false-positive-rate"):
        assert option in text


@pytest.mark.parametrize("form", ["json", "csv", "html", "markdown"])
def test_the_command_says_nothing_else(root: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    out = root.parent / "out"
    given = {"load_config": root / "config.yml", "output_dir": out, "poses": root / "poses.json"}
    ScoreCommand(**given, format=form).main()
    said = capsys.readouterr()
    files = {"csv": out / "scores.csv", "html": out / "report.html"}
    if form in files:
        assert said.out == files[form].read_text(encoding="utf-8")
    elif form == "json":
        assert [query["kind"] for query in json.loads(said.out)["queries"]] == ["good", "good", "Burrs", "Burrs"]
    else:
        assert said.out.startswith("# toy\n") and said.out.rstrip().endswith("|")
    assert "next:" in said.err and str(out / "report.html") in said.err and "no held-out normal view" in said.err
