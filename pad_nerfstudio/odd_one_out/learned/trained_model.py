"""A trained run of the learned method, loaded without its data."""

from pathlib import Path
from typing import Any

from nerfstudio.data.scene_box import SceneBox

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.checkpoint import choose_device, latest_checkpoint, load_state, read_config
from pad_nerfstudio.odd_one_out.learned.model import OddOneOutModel
from pad_nerfstudio.odd_one_out.learned.pipeline import OddOneOutPipelineConfig


def is_learned_run(config: Any) -> bool:
    """Whether a `TrainerConfig` is one of the learned method."""
    return isinstance(config.pipeline, OddOneOutPipelineConfig)


def load_trained_model(config_path: Path, device: str = "auto") -> tuple[OddOneOutModel, Any]:
    """The model in evaluation mode, and the `TrainerConfig`.

    Args:
        config_path: config.yml of a run
        device: `auto`, `cpu` or `cuda`

    Raises:
        UserError: it is no config of odd-one-out, or its checkpoint is missing, broken or does not fit
    """
    config = read_config(config_path)
    if not is_learned_run(config):
        raise UserError(f"{config_path}: not a run of odd-one-out; give the config.yml of one")
    checkpoint = latest_checkpoint(config_path.parent / config.relative_model_dir)
    state = load_state(checkpoint)["pipeline"]
    own = {key.removeprefix("_model."): value for key, value in state.items() if key.startswith("_model.")}
    box = SceneBox(aabb=config.pipeline.model.network.grid.bounds())
    model = config.pipeline.model.setup(scene_box=box, num_train_data=0)
    try:
        model.load_state_dict(own)
    except RuntimeError as error:
        raise UserError(f"{checkpoint}: does not fit {config_path}; give the config of the same run") from error
    return model.eval().to(choose_device(device)), config
