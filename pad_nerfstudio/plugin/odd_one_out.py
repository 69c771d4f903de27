"""The `odd-one-out` method as Nerfstudio lists it."""

import torch
from nerfstudio.configs.base_config import MachineConfig
from nerfstudio.engine.optimizers import AdamOptimizerConfig
from nerfstudio.engine.trainer import TrainerConfig
from nerfstudio.plugins.types import MethodSpecification

from pad_nerfstudio.models.schedulers import ExponentialDecayConfig
from pad_nerfstudio.odd_one_out.learned.pipeline import OddOneOutPipelineConfig

STEPS = 125000
"""Twice 50 epochs of 5000 scenes in batches of 4 (Bhunia et al., section 4.2)."""

odd_one_out = MethodSpecification(
    config=TrainerConfig(
        method_name="odd-one-out",
        max_num_iterations=STEPS,
        steps_per_save=2500,
        steps_per_eval_batch=100,
        steps_per_eval_image=2500,
        steps_per_eval_all_images=0,
        machine=MachineConfig(device_type="cuda" if torch.cuda.is_available() else "cpu"),
        pipeline=OddOneOutPipelineConfig(),
        optimizers={
            "network": {
                "optimizer": AdamOptimizerConfig(lr=2e-5),
                # a constant rate, as published, unless lr-final is set
                "scheduler": ExponentialDecayConfig(lr_final=2e-5, max_steps=STEPS),
            }
        },
        vis="tensorboard",
    ),
    description="Which instance of a scene is not like the others: trains on many scenes, judges new ones at once.",
)
