"""Trains a small nerfacto on a class folder; run as `python -m tests.small_nerfacto DATA OUTPUT_DIR STEPS`.

`ns-train nerfacto` itself ends where LPIPS weights cannot be downloaded.
"""

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from nerfstudio.configs.method_configs import all_methods
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManagerConfig
from nerfstudio.data.pixel_samplers import PixelSamplerConfig
from nerfstudio.utils import profiler

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.models.checkpoint import without_lpips


def small_nerfacto(data: Path, output_dir: Path, steps: int) -> Any:
    """A trainer configuration with networks small enough for a CPU."""
    config: Any = deepcopy(all_methods["nerfacto"])
    config.output_dir, config.experiment_name, config.timestamp = output_dir, "small", "run"
    config.machine.device_type, config.mixed_precision, config.vis = "cpu", False, "tensorboard"
    config.max_num_iterations, config.steps_per_save = steps, steps
    config.steps_per_eval_batch = config.steps_per_eval_image = config.steps_per_eval_all_images = 0
    config.pipeline.datamanager = VanillaDataManagerConfig(
        dataparser=MadDataParserConfig(), train_num_rays_per_batch=512, pixel_sampler=PixelSamplerConfig(), data=data
    )
    model = config.pipeline.model
    model.implementation, model.background_color = "torch", "white"
    model.disable_scene_contraction, model.use_appearance_embedding = True, False
    model.camera_optimizer.mode = "off"
    model.num_levels, model.log2_hashmap_size, model.max_res, model.features_per_level = 6, 13, 64, 2
    model.hidden_dim = model.hidden_dim_color = 16
    model.num_proposal_samples_per_ray, model.num_nerf_samples_per_ray, model.num_proposal_iterations = (24,), 16, 1
    model.proposal_net_args_list = [
        {"hidden_dim": 8, "log2_hashmap_size": 10, "num_levels": 3, "max_res": 32, "use_linear": False}
    ]
    model.near_plane, model.far_plane = 0.05, 3.0
    return config


def train_small_nerfacto(data: Path, output_dir: Path, steps: int) -> Path:
    """Train; returns the run's config.yml."""
    config = small_nerfacto(data, output_dir, steps)
    config.save_config()
    trainer = config.setup()
    with without_lpips():
        trainer.setup(test_mode="test")
    profiler.flush_profiler = lambda *_: None
    trainer.train()
    return config.get_base_dir() / "config.yml"


if __name__ == "__main__":
    print(train_small_nerfacto(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
