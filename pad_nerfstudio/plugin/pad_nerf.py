"""The `pad-nerf` method as Nerfstudio lists it."""

import torch
from nerfstudio.configs.base_config import MachineConfig, ViewerConfig
from nerfstudio.engine.optimizers import AdamOptimizerConfig
from nerfstudio.engine.trainer import TrainerConfig
from nerfstudio.plugins.types import MethodSpecification

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.data.pad_datamanager import PadDataManagerConfig
from pad_nerfstudio.models.optimizers import RowAdamConfig
from pad_nerfstudio.models.pad_nerf import PadNerfModelConfig
from pad_nerfstudio.models.pipeline import WHEN_VIEWED, PadPipelineConfig
from pad_nerfstudio.models.schedulers import ExponentialDecayConfig
from pad_nerfstudio.viewing.attach import attach

STEPS = 2000
WHEN_VIEWED.append(attach)

pad_nerf = MethodSpecification(
    config=TrainerConfig(
        method_name="pad-nerf",
        max_num_iterations=STEPS,
        steps_per_save=STEPS,
        steps_per_eval_batch=0,
        steps_per_eval_image=0,
        steps_per_eval_all_images=0,
        machine=MachineConfig(device_type="cuda" if torch.cuda.is_available() else "cpu"),
        pipeline=PadPipelineConfig(
            datamanager=PadDataManagerConfig(dataparser=MadDataParserConfig()),
            model=PadNerfModelConfig(),
        ),
        optimizers={
            "density": {
                "optimizer": RowAdamConfig(lr=0.3),
                "scheduler": ExponentialDecayConfig(lr_final=0.03, max_steps=STEPS),
            },
            "color": {
                "optimizer": RowAdamConfig(lr=0.01),
                "scheduler": ExponentialDecayConfig(lr_final=0.0005, max_steps=STEPS),
            },
            "surroundings": {
                "optimizer": AdamOptimizerConfig(lr=0.005, eps=1e-15),
                "scheduler": ExponentialDecayConfig(lr_final=0.0005, max_steps=STEPS),
            },
            "photo_colors": {
                "optimizer": AdamOptimizerConfig(lr=0.005, eps=1e-15),
                "scheduler": ExponentialDecayConfig(lr_final=0.0005, max_steps=STEPS),
            },
        },
        viewer=ViewerConfig(websocket_host="127.0.0.1", quit_on_train_completion=True),
        vis="viewer",
    ),
    description="Voxel radiance field of one object for pose-agnostic anomaly detection; fast on a CPU.",
)
