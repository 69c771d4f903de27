"""Nerfstudio's plain pipeline, honest about the metric it cannot compute offline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nerfstudio.pipelines.base_pipeline import VanillaPipeline, VanillaPipelineConfig
from nerfstudio.viewer.viewer_elements import ViewerControl

WHEN_VIEWED: list[Callable[[Any], None]] = []
"""Called with Nerfstudio's `Viewer` while it opens a pipeline; rooms above this one are named here by the plugin."""


@dataclass
class PadPipelineConfig(VanillaPipelineConfig):
    """The plain pipeline."""

    _target: type = field(default_factory=lambda: PadPipeline)
    """Target class to instantiate."""


class _Viewed(ViewerControl):
    """What Nerfstudio's viewer looks for in a pipeline and tells that it has opened it."""

    def _setup(self, viewer: Any) -> None:
        super()._setup(viewer)
        for opened in WHEN_VIEWED:
            opened(viewer)


class PadPipeline(VanillaPipeline):
    """Reports LPIPS as null: its weights would have to be downloaded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewed = _Viewed()

    def get_average_eval_image_metrics(
        self, step: int | None = None, output_path: Path | None = None, get_std: bool = False
    ) -> dict[str, Any]:
        """Mean metrics over the held-out views."""
        return {**super().get_average_eval_image_metrics(step, output_path, get_std), "lpips": None}
