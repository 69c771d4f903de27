"""The `pad-splat` method as Nerfstudio lists it."""

import torch
from nerfstudio.configs.base_config import MachineConfig, ViewerConfig
from nerfstudio.engine.optimizers import AdamOptimizerConfig
from nerfstudio.engine.trainer import TrainerConfig
from nerfstudio.plugins.types import MethodSpecification

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.data.splat_datamanager import SplatDataManagerConfig
from pad_nerfstudio.models.schedulers import ExponentialDecayConfig
from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.models.splat_pipeline import PadSplatPipelineConfig

STEPS = 4000

pad_splat = MethodSpecification(
    config=TrainerConfig(
        method_name="pad-splat",
        max_num_iterations=STEPS,
        steps_per_save=STEPS,
        steps_per_eval_batch=0,
        steps_per_eval_image=0,
        steps_per_eval_all_images=0,
        machine=MachineConfig(device_type="cuda" if torch.cuda.is_available() else "cpu"),
        pipeline=PadSplatPipelineConfig(
            datamanager=SplatDataManagerConfig(dataparser=MadDataParserConfig()), model=PadSplatModelConfig()
        ),
        # the rates of Kerbl et al.; theirs of the means is in units of the cameras' extent, which is about 1 here
        optimizers={
            "means": {
                "optimizer": AdamOptimizerConfig(lr=1.6e-4, eps=1e-15),
                "scheduler": ExponentialDecayConfig(lr_final=1.6e-6, max_steps=STEPS),
            },
            "scales": {"optimizer": AdamOptimizerConfig(lr=5e-3, eps=1e-15), "scheduler": None},
            "quats": {"optimizer": AdamOptimizerConfig(lr=1e-3, eps=1e-15), "scheduler": None},
            "opacities": {"optimizer": AdamOptimizerConfig(lr=5e-2, eps=1e-15), "scheduler": None},
            "colors": {"optimizer": AdamOptimizerConfig(lr=2.5e-3, eps=1e-15), "scheduler": None},
            "shading": {"optimizer": AdamOptimizerConfig(lr=2.5e-3 / 20, eps=1e-15), "scheduler": None},
        },
        viewer=ViewerConfig(websocket_host="127.0.0.1", quit_on_train_completion=True),
        vis="viewer",
    ),
    description="Gaussian splats of one object for pose-agnostic anomaly detection; needs CUDA.",
)
