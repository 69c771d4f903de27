"""What the methods of this package have in common as Nerfstudio lists them."""

from typing import Any

import torch
from nerfstudio.configs.base_config import MachineConfig, ViewerConfig
from nerfstudio.engine.trainer import TrainerConfig

from pad_nerfstudio.models.pipeline import WHEN_VIEWED, PadPipelineConfig
from pad_nerfstudio.viewing.attach import attach

WHEN_VIEWED.append(attach)


def training(method: str, steps: int, pipeline: PadPipelineConfig, optimizers: dict[str, Any]) -> TrainerConfig:
    """A training that saves once, at its end, on a GPU where there is one, with a viewer for this machine alone."""
    return TrainerConfig(
        method_name=method,
        max_num_iterations=steps,
        steps_per_save=steps,
        steps_per_eval_batch=0,
        steps_per_eval_image=0,
        steps_per_eval_all_images=0,
        machine=MachineConfig(device_type="cuda" if torch.cuda.is_available() else "cpu"),
        pipeline=pipeline,
        optimizers=optimizers,
        viewer=ViewerConfig(websocket_host="127.0.0.1", quit_on_train_completion=True),
        vis="viewer",
    )
