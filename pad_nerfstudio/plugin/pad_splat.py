"""The `pad-splat` method as Nerfstudio lists it."""

from nerfstudio.engine.optimizers import AdamOptimizerConfig
from nerfstudio.plugins.types import MethodSpecification

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.data.splat_datamanager import SplatDataManagerConfig
from pad_nerfstudio.models.schedulers import ExponentialDecayConfig
from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.models.splat_pipeline import PadSplatPipelineConfig
from pad_nerfstudio.plugin.training import training

STEPS = 4000

pad_splat = MethodSpecification(
    config=training(
        "pad-splat",
        STEPS,
        PadSplatPipelineConfig(
            datamanager=SplatDataManagerConfig(dataparser=MadDataParserConfig()), model=PadSplatModelConfig()
        ),
        # the rates of Kerbl et al.; theirs of the means is in units of the cameras' extent, which is about 1 here
        {
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
    ),
    description="Gaussian splats of one object for pose-agnostic anomaly detection; needs CUDA.",
)
