"""Whatever can be wrong with scenes ends ns-pad-score with one sentence; what is odd about them is only said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from pad_nerfstudio.odd_one_out import options
from pad_nerfstudio.plugin.pad_nerf import pad_nerf
from tests.command_line import Ended, run_command, sentence_of
from tests.damage import Damage, cut, empty, resize
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene, read_metadata, write_metadata
from tests.snapshots import check_sentence


@pytest.fixture
def tray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scene of 4 views, and a method that knows the truth in the place of the training-free one."""
    monkeypatch.setattr(options, "training_free_method", KnowingMethod().named)
    return make_scene(tmp_path / "tray", views=4)


def camera(key: str, value: object) -> Damage:
    """Set or (with None) remove a key of the camera."""

    def damage(tray: Path) -> None:
        content = read_metadata(tray)
        content["camera"].update({key: value})
        if value is None:
            del content["camera"][key]
        write_metadata(tray, content)

    return damage


SCENES: dict[str, Damage] = {
    "a scene that is not there": shutil.rmtree,
    "an empty folder of scenes": empty,
    "metadata that are no JSON": lambda tray: (tray / "scene3d.metadata.json").write_text("{"),
    "a scene without cameras": lambda tray: write_metadata(tray, {"objects": read_metadata(tray)["objects"]}),
    "a scene without poses": camera("poses", None),
    "a scene without K": camera("K", None),
    "K of the wrong shape": camera("K", [[60.0, 0.0, 32.0], [0.0, 60.0, 32.0]]),
    "K that is no pinhole": camera("K", np.diag([60.0, 60.0, 2.0]).tolist()),
    "a pose that is no matrix": camera("poses", [{"rotation": [1.0, 2.0]}] * 4),
    "a pose that is not rigid": camera("poses", [{"rotation": np.diag([2.0, 2.0, 2.0, 1.0]).tolist()}] * 4),
    "a missing view": lambda tray: (tray / "RGB/0002.png").unlink(),
    "a truncated view": lambda tray: cut(tray / "RGB/0002.png"),
    "views of several sizes": lambda tray: resize(tray / "RGB/0002.png", 32, 32),
    "masks of other sizes": lambda tray: resize(tray / "segmentations/object/object_0001.png", 32, 32),
}
"""What is wrong with a scene."""


def score(tray: Path, *arguments: str | Path) -> Ended:
    given = ["--method", "training-free", "--scenes", tray, "--output-dir", tray.parent / "out"]
    return run_command("ns-pad-score", *given, *arguments)


@pytest.mark.parametrize("case", SCENES)
def test_a_scene(tray: Path, case: str) -> None:
    SCENES[case](tray)
    check_sentence(case, sentence_of(score(tray), tray.parent))
    assert not (tray.parent / "out").exists()


def test_views(tray: Path) -> None:
    check_sentence("--views above what a scene has", sentence_of(score(tray, "--views", "2", "5"), tray.parent))
    check_sentence("--views 0", sentence_of(score(tray, "--views", "0"), tray.parent))
    assert not (tray.parent / "out").exists()


def test_a_split(tray: Path) -> None:
    split = tray.parent / "split.json"
    for case, content in {
        "--split of a scene that is not there": {"train": [], "test": ["tray", "bowl"]},
        "--split without test": {"train": ["tray"]},
        "--split with an empty test": {"train": ["tray"], "test": []},
    }.items():
        split.write_text(json.dumps(content))
        check_sentence(case, sentence_of(score(tray, "--split", split), tray.parent))


def test_options_that_do_not_go_together(tray: Path) -> None:
    out = ["--output-dir", tray.parent / "out"]
    for case, arguments in {
        "neither --load-config nor --method": [],
        "--scenes without a method": ["--scenes", tray],
        "--method without --scenes": ["--method", "training-free"],
        "--method and --load-config": ["--method", "training-free", "--scenes", tray, "--load-config", tray],
        "--scenes and --queries": ["--method", "training-free", "--scenes", tray, "--queries", tray],
        "--views without --scenes": ["--load-config", tray / "config.yml", "--views", "5"],
    }.items():
        check_sentence(case, sentence_of(run_command("ns-pad-score", *out, *arguments), tray.parent))
    unknown = run_command("ns-pad-score", *out, "--method", "magic", "--scenes", tray)
    assert unknown.code == 2 and "magic" in unknown.err and "Traceback" not in unknown.err


def test_runs_that_judge_something_else(tray: Path) -> None:
    out, config = ["--output-dir", tray.parent / "out"], tray.parent / "config.yml"
    config.write_text(yaml.dump(pad_nerf.config))
    ended = run_command("ns-pad-score", *out, "--load-config", config, "--scenes", tray)
    check_sentence("--scenes with the run of a field", sentence_of(ended, tray.parent))
    config.write_text("method_name: odd-one-out\n")
    ended = run_command("ns-pad-score", *out, "--load-config", config)
    check_sentence("a run on scenes without --scenes", sentence_of(ended, tray.parent))
    ended = run_command("ns-pad-score", *out, "--load-config", tray.parent / "gone.yml", "--scenes", tray)
    check_sentence("--scenes with a config that is gone", sentence_of(ended, tray.parent))


@pytest.mark.parametrize(
    ("objects", "anomalous", "said"),
    [
        (1, (), "tray: one object only: there is nothing to compare it with, so it has no verdict"),
        (4, (0, 3), "tray: two equal groups, objects 1 and 4 and objects 2 and 3: which of them is normal"),
    ],
)
def test_a_scene_without_verdict_is_no_error(tray: Path, objects: int, anomalous: tuple[int, ...], said: str) -> None:
    shutil.rmtree(tray)
    ended = score(make_scene(tray, views=2, objects=objects, anomalous=anomalous))
    assert ended.code == 0 and ended.err.startswith(said) and f"without verdict: {objects}" in ended.out
    rows = (tray.parent / "out" / "objects.csv").read_text().splitlines()[1:]
    assert len(rows) == objects and all(row.endswith("false") for row in rows)


def test_touching_objects_are_named(tray: Path) -> None:
    content = read_metadata(tray)
    first, second = content["objects"][:2]
    second["bbox"][0] = [first["bbox"][0][0] + 0.05, *first["bbox"][0][1:]]
    write_metadata(tray, content)
    ended = score(tray)
    assert ended.code == 0 and ended.err.startswith("tray: objects 1 and 2 may touch: their boxes overlap")


def test_a_scene_without_objects_is_no_error(tray: Path) -> None:
    write_metadata(tray, {**read_metadata(tray), "objects": []})
    ended = score(tray)
    assert ended.code == 0 and ended.err.startswith("tray: no object was found: there is nothing to compare\n")
    assert (tray.parent / "out" / "objects.csv").read_text().count("\n") == 1
    metrics = json.loads((tray.parent / "out" / "metrics.json").read_text())
    assert metrics["views"]["all"]["overall"]["n_found"] == 0 and (tray.parent / "out" / "report.html").is_file()
