"""The `pad-nerf` method as Nerfstudio lists it."""

from nerfstudio.engine.optimizers import AdamOptimizerConfig
from nerfstudio.plugins.types import MethodSpecification

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.data.pad_datamanager import PadDataManagerConfig
from pad_nerfstudio.models.nerf_options import PadNerfModelConfig
from pad_nerfstudio.models.optimizers import RowAdamConfig
from pad_nerfstudio.models.pipeline import PadPipelineConfig
from pad_nerfstudio.models.schedulers import ExponentialDecayConfig
from pad_nerfstudio.plugin.training import training

STEPS = 2000

pad_nerf = MethodSpecification(
    config=training(
        "pad-nerf",
        STEPS,
        PadPipelineConfig(
            datamanager=PadDataManagerConfig(dataparser=MadDataParserConfig()),
            model=PadNerfModelConfig(),
        ),
        {
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
    ),
    description="Voxel radiance field of one object for pose-agnostic anomaly detection; fast on a CPU.",
)
