"""Nerfstudio's plain pipeline, honest about the metric it cannot compute offline."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nerfstudio.pipelines.base_pipeline import VanillaPipeline, VanillaPipelineConfig


@dataclass
class PadPipelineConfig(VanillaPipelineConfig):
    """The plain pipeline."""

    _target: type = field(default_factory=lambda: PadPipeline)
    """Target class to instantiate."""


class PadPipeline(VanillaPipeline):
    """Reports LPIPS as null: its weights would have to be downloaded."""

    def get_average_eval_image_metrics(
        self, step: int | None = None, output_path: Path | None = None, get_std: bool = False
    ) -> dict[str, Any]:
        """Mean metrics over the held-out views."""
        return {**super().get_average_eval_image_metrics(step, output_path, get_std), "lpips": None}
