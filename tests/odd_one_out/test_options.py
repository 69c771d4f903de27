"""Which options go together, and that the registry finds what it names."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out import methods
from pad_nerfstudio.odd_one_out.methods import trained_method
from pad_nerfstudio.odd_one_out.options import chosen_method, field_config, is_about_scenes

CONFIG, SCENES = Path("config.yml"), (Path("scenes"),)


@dataclass
class Options:
    load_config: Path | None = None
    method: Literal["trained", "training-free"] = "trained"
    scenes: tuple[Path, ...] = ()
    split: Path | None = None
    views: tuple[int, ...] = ()
    poses: Path | None = None
    queries: tuple[Path, ...] = ()
    device: Literal["auto", "cpu", "cuda"] = "cpu"


@dataclass
class Settings:
    threshold: float = 0.5
    seed: int = 3


def judge(scene: object, views: object) -> object:
    """Stands where a method would."""


def test_what_is_about_scenes() -> None:
    assert is_about_scenes(Options(method="training-free", scenes=SCENES))
    assert is_about_scenes(Options(CONFIG, scenes=SCENES, views=(5,)))
    assert not is_about_scenes(Options(CONFIG, poses=Path("poses.json")))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(), "--load-config: missing"),
        (Options(scenes=SCENES), "--load-config: missing"),
        (Options(method="training-free"), "no scene to judge"),
        (Options(CONFIG, "training-free", SCENES), "leave --load-config out"),
        (Options(CONFIG, views=(5,)), "--views: of scenes, and there are none"),
        (Options(CONFIG, split=Path("split.json")), "--split: of scenes, and there are none"),
        (Options(CONFIG, scenes=SCENES, poses=Path("poses.json")), "--poses: of photos of one object"),
        (Options(CONFIG, scenes=SCENES, queries=SCENES), "--queries: of photos of one object"),
    ],
)
def test_options_that_do_not_go_together(options: Options, named: str) -> None:
    with pytest.raises(UserError, match=named):
        is_about_scenes(options)


def test_a_run_on_scenes_is_no_field(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("!!python/object:nerfstudio.engine.trainer.TrainerConfig\nmethod_name: odd-one-out\n")
    with pytest.raises(UserError, match="judges scenes; give them by --scenes"):
        field_config(config)
    config.write_text("method_name: pad-nerf\n")
    assert field_config(config) == config and field_config(tmp_path / "gone.yml").name == "gone.yml"
    with pytest.raises(UserError, match="--load-config: missing"):
        field_config(None)


def test_the_training_free_method_has_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods.PLACES, "training-free", f"{__name__}:judge")
    monkeypatch.setattr(methods, "SETTINGS", f"{__name__}:Settings")
    method = chosen_method(Options(method="training-free", scenes=SCENES))
    assert method.judge is judge and method.seed == 3
    assert method.identity() == ["training-free", None, None, {"threshold": 0.5, "seed": 3}]


def test_a_trained_method_is_told_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, weights = tmp_path / "config.yml", tmp_path / "nerfstudio_models" / "step-000000009.ckpt"
    config.write_text("machine:\n  seed: 7\n")
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    run = SimpleNamespace(method_name="odd-one-out", relative_model_dir=Path("nerfstudio_models"))
    monkeypatch.setattr(methods, "read_config", lambda path: run)
    monkeypatch.setattr(methods, "_imported", lambda place: lambda path, device: judge)
    method = trained_method(config, "cpu")
    assert (method.judge, method.seed, method.checkpoint) == (judge, 7, weights)
    before = method.identity()
    weights.write_bytes(b"other weights")
    assert method.identity() != before
    run.method_name = "pad-nerf"
    with pytest.raises(UserError, match="a run of 'pad-nerf', which judges photos of one object"):
        trained_method(config, "cpu")


def test_an_unknown_method_is_named() -> None:
    options = Options(scenes=SCENES)
    options.method = "magic"  # type: ignore[assignment]
    with pytest.raises(UserError, match="--method magic: no such method; give training-free"):
        chosen_method(options)
