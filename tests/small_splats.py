"""A short training of pad-splat in this process, by the torch rasteriser."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from nerfstudio.utils import profiler

from pad_nerfstudio.plugin.pad_splat import pad_splat
from pad_nerfstudio.splats.strategy import Densification

STEPS, MOST = 45, 230


def small_splats(data: Path, output_dir: Path, **model: Any) -> Any:
    """A trainer configuration for a CPU and small pictures."""
    config: Any = deepcopy(pad_splat.config)
    config.data, config.output_dir, config.experiment_name, config.timestamp = data, output_dir, "small", "run"
    config.machine.device_type, config.vis = "cpu", "tensorboard"
    config.max_num_iterations = config.steps_per_save = STEPS
    config.pipeline.datamanager.data = data
    options = config.pipeline.model
    options.rasterizer, options.start_splats, options.start_opacity = "reference", 200, 0.1
    options.sh_degree_every = 10
    options.densification = Densification(most_splats=MOST, start=5, stop=25, every=5, gradient=1e-6)
    for name, value in model.items():
        setattr(options, name, value)
    # few steps must go far
    for name, rate in {"means": 2e-3, "scales": 1e-2, "opacities": 0.1, "colors": 0.05}.items():
        config.optimizers[name]["optimizer"].lr = rate
    return config


def set_up(config: Any) -> Any:
    """A trainer about to begin."""
    config.save_config()
    trainer = config.setup()
    trainer.setup(test_mode="test")
    profiler.flush_profiler = lambda *_: None
    return trainer
