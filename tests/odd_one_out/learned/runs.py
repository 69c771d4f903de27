"""Runs of Nerfstudio's trainer on a tiny network."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from nerfstudio.engine.trainer import Trainer

from pad_nerfstudio.plugin.odd_one_out import odd_one_out
from tests.odd_one_out.learned.scenes import TINY


def trainer_config(root: Path, output_dir: Path, steps: int, **network: Any) -> Any:
    """A run of a tiny network whose second half judges."""
    config: Any = deepcopy(odd_one_out.config)
    config.output_dir, config.experiment_name, config.timestamp = output_dir, "scenes", "run"
    config.machine.device_type = "cpu"
    config.max_num_iterations, config.steps_per_save = steps, steps
    config.steps_per_eval_batch, config.steps_per_eval_image = 0, 0
    config.optimizers["network"]["optimizer"].lr = 3e-3
    config.optimizers["network"]["scheduler"].lr_final = 3e-3
    pipeline = config.pipeline
    pipeline.reconstruction_steps, pipeline.pretrained_backbone = steps // 2, False
    data, model = pipeline.datamanager, pipeline.model
    data.data, data.split, data.teacher = root, root / "split.json", "descriptors"
    data.teacher_cache, data.image_size = output_dir / "taught", (32, 32)
    data.input_views, data.target_views, data.batch_size = 2, 2, 1
    model.network, model.training_boxes = replace(TINY, **network), "filled"
    model.hull_weight = model.silhouette_weight = model.correspondence_weight = 1.0
    model.rendering.samples, model.rendering.rays, model.rendering.feature_side = 16, 64, 8
    return config


def trained(config: Any) -> Trainer:
    config.save_config()
    trainer = config.setup()
    trainer.setup(test_mode="val")
    trainer.train()
    return trainer


def config_of(output_dir: Path) -> Path:
    return output_dir / "scenes" / "odd-one-out" / "run" / "config.yml"
