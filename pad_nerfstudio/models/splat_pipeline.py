"""The pipeline of `pad-splat`, which looks for a GPU before it reads anything."""

from dataclasses import dataclass, field
from typing import Any

import torch

from pad_nerfstudio.data.splat_datamanager import SplatDataManagerConfig
from pad_nerfstudio.errors import told_in_one_sentence
from pad_nerfstudio.models.pipeline import PadPipeline, PadPipelineConfig
from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.splats.rasterization import check_rasterizer


@dataclass
class PadSplatPipelineConfig(PadPipelineConfig):
    """The plain pipeline on a GPU."""

    _target: type = field(default_factory=lambda: PadSplatPipeline)
    """Target class to instantiate."""
    datamanager: SplatDataManagerConfig = field(default_factory=SplatDataManagerConfig)
    """Whole photos."""
    model: PadSplatModelConfig = field(default_factory=PadSplatModelConfig)
    """The splats."""

    def check_device(self, device: torch.device | str) -> None:
        """Whether this runs on a device.

        Raises:
            UserError: it needs CUDA, and there is none
        """
        check_rasterizer(self.model.rasterizer, device)


class PadSplatPipeline(PadPipeline):
    """Ends in one sentence where there is no GPU; Nerfstudio's commands would print a traceback for an exception."""

    def __init__(self, config: PadSplatPipelineConfig, device: Any, *args: Any, **kwargs: Any) -> None:
        with told_in_one_sentence():
            config.check_device(device)
        super().__init__(config, device, *args, **kwargs)
