"""Loading a trained Nerfstudio run for rendering, from its config file."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import nn

from pad_nerfstudio.errors import UserError


def choose_device(device: str) -> torch.device:
    """The device meant by `auto`, `cpu` or `cuda`.

    Raises:
        UserError: CUDA was asked for and there is none
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UserError("--device cuda: this machine has no usable CUDA device; use --device cpu")
    return torch.device(device)


def read_config(config_path: Path) -> Any:
    """The `TrainerConfig` in a run's config.yml. Reading one runs the Python code it names: trust where it comes from.

    Raises:
        UserError: no such file, or not the configuration of a Nerfstudio run
    """
    if not config_path.is_file():
        raise UserError(f"{config_path}: no such file; give the config.yml that ns-train printed")
    from nerfstudio.engine.trainer import TrainerConfig

    try:
        config = yaml.load(config_path.read_text(), Loader=yaml.Loader)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"{config_path}: not the config of a Nerfstudio run ({reason}); give the config.yml that ns-train printed"
        ) from error
    if not isinstance(config, TrainerConfig):
        raise UserError(f"{config_path}: not the config of a Nerfstudio run; give the config.yml that ns-train printed")
    return config


def latest_checkpoint(folder: Path) -> Path:
    """The checkpoint with the highest step in a run's model folder.

    Raises:
        UserError: there is none
    """
    found = sorted(folder.glob("step-*.ckpt"))
    if not found:
        raise UserError(f"{folder}: holds no checkpoint (step-*.ckpt); train again with ns-train")
    return found[-1]


def load_state(checkpoint: Path) -> dict[str, Any]:
    """What Nerfstudio's trainer saved, loaded without running code from it.

    Raises:
        UserError: the file is broken, or another program's
    """
    core = sys.modules.get("numpy._core.multiarray") or sys.modules["numpy.core.multiarray"]
    numpy_scalars = [core.scalar, np.dtype, *{type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8")}]
    try:
        with torch.serialization.safe_globals(numpy_scalars):
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UserError(f"{checkpoint}: a broken checkpoint; train again or use an earlier one") from error
    if not (isinstance(state, dict) and "step" in state and isinstance(state.get("pipeline"), dict)):
        raise UserError(f"{checkpoint}: not a checkpoint that ns-train wrote; train again or use an earlier one")
    return state


class _NoLpips(nn.Module):
    """Stands where a perceptual metric would, whose weights would have to be downloaded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()


@contextmanager
def without_lpips() -> Iterator[None]:
    """Build Nerfstudio's own models without their LPIPS metric, which downloads weights when it is made."""
    from torchmetrics.image import lpip

    original = lpip.LearnedPerceptualImagePatchSimilarity
    lpip.LearnedPerceptualImagePatchSimilarity = _NoLpips  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        lpip.LearnedPerceptualImagePatchSimilarity = original  # type: ignore[misc]


def load_pipeline(config_path: Path, device: torch.device) -> tuple[Any, Any, Path]:
    """Rebuild a trained run for rendering.

    Returns:
        the `TrainerConfig`, the pipeline in evaluation mode, and the checkpoint's path

    Raises:
        UserError: the config, the checkpoint or the data it was trained on is missing or broken, or the method does not
            run on the device
    """
    config = read_config(config_path)
    if hasattr(config.pipeline, "check_device"):
        config.pipeline.check_device(device)
    checkpoint = latest_checkpoint(config_path.parent / config.relative_model_dir)
    state = load_state(checkpoint)
    from nerfstudio.configs.method_configs import all_methods

    if config.method_name in all_methods:
        config.pipeline.datamanager._target = all_methods[config.method_name].pipeline.datamanager._target
    with without_lpips():
        pipeline = config.pipeline.setup(device=device, test_mode="inference")
    saved = {key.removeprefix("module."): value for key, value in state["pipeline"].items()}
    model_state = {key.removeprefix("_model."): v for key, v in saved.items() if key.startswith("_model.")}
    pipeline.model.update_to_step(state["step"])
    weights = {key: value for key, value in model_state.items() if not key.startswith("lpips.")}
    try:
        missing, unexpected = pipeline.model.load_state_dict(weights, strict=False)
        misfits = [*missing, *unexpected]
    except RuntimeError as error:
        misfits = re.findall(r"size mismatch for (\S+):", str(error)) or ["sizes"]
    if misfits:
        names = ", ".join(misfits[:3])
        raise UserError(f"{checkpoint}: does not fit {config_path} ({names}); give the config of the same run")
    return config, pipeline.eval().to(device), checkpoint
