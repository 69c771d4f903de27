"""The scene-level methods by name; nothing of a method is imported before it is chosen."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.fingerprint import file_identity
from pad_nerfstudio.anomaly.summary import recorded_seed
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.checkpoint import latest_checkpoint, read_config
from pad_nerfstudio.odd_one_out.judged_scene import SceneMethod

TRAINED = "odd-one-out"
"""The network, as `ns-train` knows it; needs a run's config.yml."""
TRAINING_FREE = "training-free"
"""From the images of one scene alone."""
PLACES = {
    TRAINED: "pad_nerfstudio.odd_one_out.learned.learned_method:load_learned_method",
    TRAINING_FREE: "pad_nerfstudio.odd_one_out.training_free.judge:judge_scene",
}
"""Where each is found: `TRAINED` as a function of (config, device) to a `SceneMethod`, the other is one itself."""
SETTINGS = "pad_nerfstudio.odd_one_out.training_free.settings:TrainingFreeSettings"
"""What decides the verdicts of `TRAINING_FREE`: a dataclass, used with its defaults."""


@dataclass(frozen=True)
class NamedMethod:
    """A method, and what its verdicts depend on beside the scene."""

    name: str
    """`TRAINED` or `TRAINING_FREE`."""
    judge: SceneMethod
    """Judges one scene."""
    config: Path | None = None
    """The config.yml of the run, absolute, where there is one."""
    checkpoint: Path | None = None
    """The weights, where there are any."""
    seed: int | None = None
    """Of the training run or, without one, of the method; None where it is not recorded."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What else decides the verdicts, as JSON values."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the method says of itself: where it differs from the published one."""
        return tuple(getattr(self.judge, "remarks", ()))

    def identity(self) -> list[Any]:
        """What tells it from other methods, as JSON values."""
        files = [None if file is None else file_identity(file) for file in (self.config, self.checkpoint)]
        return [self.name, *files, dict(self.settings)]


def training_free_method() -> NamedMethod:
    """The method that needs neither training nor weights."""
    settings = asdict(_imported(SETTINGS)())
    return NamedMethod(TRAINING_FREE, _imported(PLACES[TRAINING_FREE]), seed=settings.get("seed"), settings=settings)


def trained_method(config: Path, device: str = "auto") -> NamedMethod:
    """The network of an `odd-one-out` run.

    Args:
        config: its config.yml
        device: `auto`, `cpu` or `cuda`

    Raises:
        UserError: there is no such file, it is of another method, or its checkpoint is missing or broken
    """
    config = config.expanduser().absolute()
    run = read_config(config)
    if run.method_name != TRAINED:
        raise UserError(
            f"{config}: a run of '{run.method_name}', which judges photos of one object, not --scenes; give the "
            f"config.yml of an '{TRAINED}' run, or --method {TRAINING_FREE}"
        )
    checkpoint = latest_checkpoint(config.parent / run.relative_model_dir)
    judge = _imported(PLACES[TRAINED])(config, device)
    return NamedMethod(TRAINED, judge, config, checkpoint, recorded_seed(config))


def is_trained_on_scenes(config: Path) -> bool:
    """Whether a config.yml is of an `odd-one-out` run; False where it cannot be read, which others will say better."""
    try:
        return f"method_name: {TRAINED}" in config.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False


def _imported(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
