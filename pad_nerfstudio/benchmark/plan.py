"""Classes x numbers of views x presets as jobs, each of which is run once however many presets share it."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pad_nerfstudio.benchmark.job import Job
from pad_nerfstudio.data.names import natural_key
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_text
from pad_nerfstudio.presets.preset import Preset
from pad_nerfstudio.presets.training import DATAPARSER, dataparser_arguments, training_arguments, training_method

SCENE_LEVEL = "odd-one-out"
"""The method that judges objects of a scene by each other; photos of one object are nothing to it."""


@dataclass(frozen=True)
class Trial:
    """One preset on one class with one number of training views, and its three jobs."""

    class_folder: Path
    """The class."""
    preset: str
    """Name of the preset."""
    views: int | None
    """Number of training views; None for all that the preset trains on."""
    dataparser: Mapping[str, Any]
    """Options of `mad-data` as a preset spells them."""
    train: Job
    """Writes `config`."""
    localize: Job
    """Writes `poses`."""
    score: Job
    """Writes `metrics`."""

    @property
    def jobs(self) -> tuple[Job, Job, Job]:
        """In the order in which they run."""
        return self.train, self.localize, self.score

    @property
    def config(self) -> Path:
        """The config.yml of the trained field."""
        return self.train.outputs[0]

    @property
    def poses(self) -> Path:
        """The poses.json."""
        return self.localize.outputs[0]

    @property
    def metrics(self) -> Path:
        """The metrics.json."""
        return self.score.outputs[0]


def find_classes(root: Path, names: Sequence[str] = ()) -> list[Path]:
    """The class folders of a data set, in natural order: those with a transforms.json.

    Args:
        root: the data set, or one class folder
        names: take only these; all where there are none

    Raises:
        UserError: there is none, or none of a name
    """
    root = root.expanduser().absolute()
    found = [root] if (root / "transforms.json").is_file() else [path.parent for path in root.glob("*/transforms.json")]
    known = {path.name: path for path in sorted(found, key=lambda path: natural_key(path.name))}
    if not known:
        raise UserError(f"{root}: holds no class folder with a transforms.json; give the folder above the classes")
    for name in names:
        if name not in known:
            raise UserError(f"--classes {name}: no such class in {root}; choose from {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())


def plan_trials(
    classes: Sequence[Path],
    presets: Sequence[Preset],
    views: Sequence[int | None],
    output_dir: Path,
    views_seed: int = 0,
) -> list[Trial]:
    """Plan every class with every number of views and every preset.

    Args:
        classes: class folders
        presets: the presets to compare
        views: numbers of training views; None for all that a preset trains on
        output_dir: absolute; everything is written below it
        views_seed: which view a number of views begins with, see `subset`

    Raises:
        UserError: two presets have one name, or one has a wrong `train` section or trains on scenes
    """
    names = [preset.name for preset in presets]
    if len(set(names)) < len(names):
        raise UserError(f"--presets {' '.join(names)}: two of them have one name; rename a file")
    for preset in presets:
        if training_method(preset) == SCENE_LEVEL:
            raise UserError(
                f"--presets {preset.name}: {SCENE_LEVEL} trains on scenes and not on classes; use ns-train "
                f"{SCENE_LEVEL} --data SCENES and ns-pad-score --load-config CONFIG --scenes SCENES"
            )
    kept = output_dir / "presets"
    return [
        _trial(folder, preset, None if number is None else (number, views_seed), output_dir / folder.name, kept)
        for folder in classes
        for number in views
        for preset in presets
    ]


def jobs_of(trials: Sequence[Trial]) -> list[Job]:
    """All jobs once, each after those it needs; the first class comes first."""
    return list(dict.fromkeys(job for trial in trials for job in trial.jobs))


def _trial(class_folder: Path, preset: Preset, views: tuple[int, int] | None, output_dir: Path, kept: Path) -> Trial:
    method, (options, _) = training_method(preset), training_arguments(preset)
    parser = dict(preset.sections["train"].get(DATAPARSER) or {})
    if views is not None:
        parser |= {"train-views": views[0], "train-views-seed": views[1]}
    where = output_dir / ("all-views" if views is None else f"{views[0]}-views")
    train = _train_job(class_folder, method, options, dataparser_arguments(preset, parser), where)
    field = ("--load-config", str(train.outputs[0]))

    where, sections = _kept_sections(preset, ("localize",), train.folder, kept)
    poses = where / "poses.json"
    command = (*_ours("localize"), *field, "--output-dir", str(where), "--preset", str(sections))
    localize = Job("localize", command, where, (poses,), train)

    where, sections = _kept_sections(preset, ("localize", "score"), where, kept)
    command = (*_ours("score"), *field, "--poses", str(poses), "--output-dir", str(where), "--preset", str(sections))
    score = Job("score", command, where, (where / "metrics.json",), localize)
    return Trial(class_folder, preset.name, views and views[0], parser, train, localize, score)


def _train_job(
    class_folder: Path, method: str, options: Sequence[str], dataparser: Sequence[str], output_dir: Path
) -> Job:
    where = output_dir / f"{method}-{_digest([options, dataparser])}"
    command = [sys.executable, "-m", "nerfstudio.scripts.train", method, "--data", str(class_folder)]
    command += ["--vis", "tensorboard", *options]
    command += ["--output-dir", str(where), "--experiment-name", "field", "--timestamp", "run"]
    config = where / "field" / method / "run" / "config.yml"
    return Job("train", (*command, DATAPARSER, *dataparser), where, (config,))


def _ours(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"pad_nerfstudio.commands.{name}"


def _kept_sections(preset: Preset, names: Sequence[str], above: Path, kept: Path) -> tuple[Path, Path]:
    """The folder for what some sections of a preset yield, and a copy of those sections, by which they may be shared.

    The copy is named after its content, so that a preset which is edited later gives new jobs.
    """
    content = {name: dict(preset.sections[name]) for name in names}
    name = f"{names[-1]}-{_digest(content)}"
    copy = kept / f"{name}.yaml"
    write_text(copy, yaml.safe_dump(content, sort_keys=False))
    return above / name, copy


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]
