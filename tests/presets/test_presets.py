"""Presets: those that are shipped fit the commands, and mistakes in others are one sentence."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pad_nerfstudio.commands.localize import LocalizeCommand, localizer_of_preset
from pad_nerfstudio.commands.score import ScoreCommand
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.presets import preset as preset_module
from pad_nerfstudio.presets.command_line import blamed_on, chosen_preset, preset_arguments
from pad_nerfstudio.presets.options import options_of
from pad_nerfstudio.presets.preset import read_preset, shipped_presets
from pad_nerfstudio.presets.training import training_arguments, training_method
from tests.command_line import run_command, sentence_of

REPOSITORY = Path(__file__).parents[2]
SCENES = ["odd-one-out", "odd-one-out-small"]
PUBLISHED = ["omniposead", "omniposead-vanilla", "pad-nerf-gpu", "piad-score", "splatpose", "splatpose-splats"]
NAMES = ["default", *SCENES, *PUBLISHED]


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_all_methods_are_shipped() -> None:
    assert shipped_presets() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_key_and_value_of_a_shipped_preset_is_one_of_its_command(name: str) -> None:
    preset = read_preset(name)
    for command in (LocalizeCommand, ScoreCommand):
        section = preset.sections[command.preset_section]
        words = [word for word in preset_arguments(command, preset) if word.startswith("--")]
        assert len(words) == len(section)
    localizer_of_preset(name)
    method, (options, parser) = training_method(preset), training_arguments(preset)
    other = {**dict.fromkeys(SCENES, "odd-one-out"), "splatpose-splats": "pad-splat"}
    assert method == other.get(name, "pad-nerf") and len(parser) % 2 == 0
    assert sum(word.startswith("--") for word in options) == len(preset.sections["train"]) - 1 - bool(parser)
    assert preset.path.read_text().startswith("# ")


def test_the_default_preset_changes_nothing() -> None:
    preset = read_preset("default")
    assert preset.sections == {"train": {"method": "pad-nerf"}, "localize": {}, "score": {}}
    assert localizer_of_preset("default") == LocalizerConfig()


def test_options_of_a_command_are_those_of_its_help() -> None:
    for name, command in {"ns-pad-localize": LocalizeCommand, "ns-pad-score": ScoreCommand}.items():
        listed = re.findall(r"^\W*--([a-z][a-z0-9.-]*)", run_command(name, "--help").out, re.MULTILINE)
        assert set(options_of(command)) == set(listed) - {"help"}, name


def test_the_published_scene_method_is_what_the_command_does_by_itself() -> None:
    from nerfstudio.configs.method_configs import all_methods

    preset = read_preset("odd-one-out")
    config = all_methods["odd-one-out"]
    for key, value in preset.sections["train"].items():
        if key != "method":
            found: Any = config
            for part in key.split("."):
                found = found[part] if isinstance(found, dict) else getattr(found, part.replace("-", "_"))
            assert found == (tuple(value) if isinstance(value, list) else value), key


def test_a_preset_as_a_command_line() -> None:
    command = [sys.executable, "-m", "pad_nerfstudio.presets"]
    printed = subprocess.run([*command, "odd-one-out-small"], capture_output=True, text=True, check=True).stdout
    words = printed.splitlines()[-1].split()
    assert words[:2] == ["ns-train", "odd-one-out"] and "--pipeline.reconstruction-steps" in words
    refused = subprocess.run([*command, "nonsense"], capture_output=True, text=True)
    assert refused.returncode == 2 and "no such preset" in refused.stderr


def test_published_numbers_reach_the_localizer() -> None:
    omnipose, splatpose = localizer_of_preset("omniposead"), localizer_of_preset("splatpose")
    assert omnipose.refine == splatpose.refine == "inversion"
    assert (omnipose.inversion.steps, omnipose.inversion.rays, splatpose.inversion.steps) == (300, 3072, 175)


def test_the_user_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ScoreCommand] = []
    monkeypatch.setattr(ScoreCommand, "main", lambda self: made.append(self))
    required = ["--load-config", tmp_path / "config.yml", "--output-dir", tmp_path]
    run_command("ns-pad-score", "--preset", "omniposead", *required, "--nearby-views", "3", "--calibration", "cues")
    assert made[0].comparison == "feature-stacked" and made[0].extractor == "efficientnet_b4"
    assert (made[0].nearby_views, made[0].calibration) == (3, "cues")


def test_scoring_localises_as_the_preset_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pad_nerfstudio.anomaly import gather
    from pad_nerfstudio.models import trained_field

    def posed_queries(*arguments: object) -> None:
        raise UserError(f"asked to localise with {arguments[-1]}")

    monkeypatch.setattr(trained_field, "load_trained_field", lambda config, device: None)
    monkeypatch.setattr(gather, "posed_queries", posed_queries)
    path = write(tmp_path, "localize: {hypotheses: 3, inversion.steps: 7}")
    required = ["--load-config", tmp_path / "config.yml", "--output-dir", tmp_path]
    said = sentence_of(run_command("ns-pad-score", *required, "--preset", path), tmp_path)
    expected = LocalizerConfig(hypotheses=3)
    expected.inversion.steps = 7
    assert said == f"asked to localise with {expected}"


def test_a_file_sets_lists_nested_options_and_null(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "localize: {inversion.steps: 7, doubt: 1e3, queries: [a, b], fl-x: null}\n"
        "train: {max-num-iterations: 3, pipeline.model.resolutions: [8, 16],\n"
        "  optimizers.density.optimizer.lr: 0.1, mad-data: {train-views: 9, skip-bad-images: true}}\n",
    )
    preset = read_preset(str(path))
    words = preset_arguments(LocalizeCommand, preset)
    assert words == ["--inversion.steps", "7", "--doubt", "1e3", "--queries", "a", "b", "--fl-x", "None"]
    options, parser = training_arguments(preset)
    assert options[:2] == ["--max-num-iterations", "3"]
    assert options[2:] == ["--pipeline.model.resolutions", "8", "16", "--optimizers.density.optimizer.lr", "0.1"]
    assert parser == ["--train-views", "9", "--skip-bad-images", "True"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "mine.yaml: not valid YAML"),
        ("[1]", "no preset; give the sections train, localize, score"),
        ("scoring: {}", "has no section 'scoring'; choose from train, localize, score"),
        ("score: 3", "score is no list of options"),
        ("score: {comparision: x}", "score: has no option 'comparision'; choose from calibration, chunk, comparison,"),
        ("score: {comparison: x}", "score: comparison cannot be 'x'; give lab-envelope or squared-error or"),
        ("score: {nearby-views: many}", "score: nearby-views cannot be 'many'; give a whole number"),
        ("score: {only-object: 1}", "score: only-object cannot be '1'; give true or false"),
        ("score: {nearby-views: -1}", "mine.yaml: --nearby-views -1: out of range; give 0 or more"),
        ("score: {preset: default}", "score: has no option 'preset'"),
        ("localize: {hypotheses: 0}", "mine.yaml: --hypotheses 0: out of range; give 1 or more"),
    ],
)
def test_a_mistake_in_a_preset_is_one_sentence_that_names_the_file(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    command = "ns-pad-localize" if "localize" in text else "ns-pad-score"
    options = ["--load-config", tmp_path / "config.yml", "--output-dir", tmp_path / "out"]
    said = sentence_of(run_command(command, *options, "--preset", path), tmp_path)
    assert said.startswith("{folder}/mine.yaml: ") and sentence in f"mine.yaml: {said.split(': ', 1)[1]}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("train: {method: nerf}", "train: there is no method 'nerf'; choose from"),
        ("train: {max-iterations: 3}", "train: has no option 'max-iterations'; choose from"),
        ("train: {max-num-iterations: few}", "train: max-num-iterations cannot be 'few'; give a whole number"),
        ("train: {mad-data: 3}", "train: mad-data is no list of options"),
        ("train: {mad-data: {views: 3}}", "train: mad-data: has no option 'views'; choose from"),
        ("train: {pipeline.datamanager.dataparser.train-views: 3}", "has no option 'pipeline.datamanager.dataparser"),
    ],
)
def test_a_mistake_in_the_training_section(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match="mine.yaml: ") as error:
        training_arguments(read_preset(str(write(tmp_path, text))))
    assert sentence in str(error.value)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    options = ["--load-config", tmp_path / "config.yml", "--output-dir", tmp_path, "--preset", "omnipose"]
    said = sentence_of(run_command("ns-pad-localize", *options), tmp_path)
    assert said == (
        f"--preset omnipose: no such preset and no such file; choose one of {', '.join(NAMES)}, or give a YAML file"
    )


def test_only_what_the_preset_set_is_blamed_on_it(tmp_path: Path) -> None:
    preset = read_preset(str(write(tmp_path, "score: {nearby-views: -1}")))
    for given, error in (
        (["--nearby-views", "-2"], "--nearby-views -2: no"),
        ([], "--shift 9: no"),
        ([], "no.yml: no"),
    ):
        with pytest.raises(UserError) as raised, blamed_on(preset, given):
            raise UserError(error)
        assert str(raised.value) == error
    assert chosen_preset(["--load-config", "x"]) is None
    assert chosen_preset([f"--preset={preset.path}"]) == preset


@pytest.mark.slow
def test_a_wheel_brings_the_presets_along(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    for name in ("configs", "pad_nerfstudio"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('wheels'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "wheels").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (data,) = site.glob("*.data/data/share")
    shutil.move(data, site / "share")  # as an installer does, below the prefix
    record = next(site.glob("*.dist-info")) / "RECORD"
    record.write_text(record.read_text().replace(f"{data.parents[1].name}/data/share", "share"))
    find = "from pad_nerfstudio.presets.preset import *; print(*shipped_presets(), read_preset('splatpose').path)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", find] if sys.version_info >= (3, 11) else [sys.executable, "-c", find],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [*NAMES, str(site / "share" / "pad-nerfstudio" / "configs" / "splatpose.yaml")]


def test_the_folder_of_the_checkout_is_the_one_in_use() -> None:
    assert preset_module.preset_folder() == REPOSITORY / "configs"
