"""The command on scenes, from its options to its last line, with a method that knows the truth."""

import json
from pathlib import Path

import pytest

from pad_nerfstudio.odd_one_out import options
from pad_nerfstudio.odd_one_out.verdicts import ONE_OBJECT
from tests.command_line import run_command
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> KnowingMethod:
    """Stands where the training-free method is."""
    knowing = KnowingMethod(remarks=("knows the truth",))
    monkeypatch.setattr(options, "training_free_method", knowing.named)
    return knowing


def test_the_command_ends_with_absolute_paths_and_the_next_command(tmp_path: Path, method: KnowingMethod) -> None:
    for name in ("a", "b"):
        make_scene(tmp_path / "scenes" / name, views=4)
    one = make_scene(tmp_path / "one", views=4, objects=1, anomalous=())
    scenes, out = ["--scenes", tmp_path / "scenes", one], tmp_path / "out"
    ended = run_command("ns-pad-score", "--method", "training-free", *scenes, "--views", "2", "4", "--output-dir", out)
    assert ended.code == 0 and len(method.asked) == 6
    for name in ("objects.csv", "metrics.json", "pictures", "report.html"):
        assert str(out / name) in ended.out and (out / name).exists()
    assert "By number of views" in ended.out and "with 4 views, 2 of 7 objects in 3 scenes are not like" in ended.out
    assert ended.out.rstrip().endswith(f"next:\nopen {out / 'report.html'} in a browser")
    assert ended.err.splitlines()[:2] == ["knows the truth", f"one: {ONE_OBJECT}"]
    again = run_command("ns-pad-score", "--method", "training-free", *scenes, "--views", "2", "4", "--output-dir", out)
    assert again.code == 0 and len(method.asked) == 6, "everything was finished"


def test_a_trained_run_judges_scenes_too(
    tmp_path: Path, method: KnowingMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "pad_nerfstudio.odd_one_out.options.trained_method",
        lambda config, device: asked.append((config, device)) or method.named(),
    )
    scene, config = make_scene(tmp_path / "tray"), tmp_path / "config.yml"
    arguments = ["--load-config", config, "--scenes", scene, "--device", "cpu", "--output-dir", tmp_path / "out"]
    assert run_command("ns-pad-score", *arguments).code == 0
    assert asked == [(config, "cpu")] and method.asked == [("tray", (0, 1, 2, 3, 4, 5))]


def test_a_document_on_scenes_has_stdout_for_itself(tmp_path: Path, method: KnowingMethod) -> None:
    arguments = ["--scenes", make_scene(tmp_path / "tray"), "--output-dir", tmp_path / "out", "--format", "json"]
    ended = run_command("ns-pad-score", "--method", "training-free", *arguments)
    assert ended.code == 0 and [found["scene"] for found in json.loads(ended.out)["objects"]] == ["tray"] * 3
    assert "next:" in ended.err
