"""Trains a Nerfstudio method on a class folder and notes when it renders held-out views how well.

    python benchmarks/timed_training.py --method pad-nerf --data TOY --output-dir FOLDER

Time counts training alone: neither set-up nor the evaluations in between. The run is saved as `ns-train` would, and its
figures in `training.json` beside its config.yml.
"""

import math
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from nerfstudio.configs.method_configs import all_methods
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManagerConfig
from nerfstudio.data.pixel_samplers import PixelSamplerConfig
from nerfstudio.utils import profiler

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.files import write_json
from pad_nerfstudio.models.checkpoint import without_lpips
from pad_nerfstudio.presets.preset import read_preset
from pad_nerfstudio.presets.training import training_arguments, training_method

LEVELS = (30.0, 33.0, 35.0)
"""PSNR in dB whose times are noted."""


@dataclass
class TimedTraining:
    """Options of timed_training.py."""

    method: str
    """A Nerfstudio method."""
    data: Path
    """Class folder."""
    output_dir: Path
    """The run goes to `run/METHOD/run` in it."""
    preset: str | None = None
    """Preset whose `train` section sets the options of the method, where it is of the same method."""
    seconds: float = 30.0
    """Training ends after so many, or with the method's own number of steps."""
    steps: int | None = None
    """Most steps; by default the method's own."""
    first_look: float = 1.0
    """Seconds of training until the first evaluation; each later one comes a quarter of the time later."""
    views: int = 5
    """Held-out views that PSNR is taken over, spread evenly; 0 for all at the end."""
    device: str = "cuda"
    """`cuda` or `cpu`."""


def configured(options: TimedTraining) -> Any:
    """The method's configuration, as `ns-train METHOD ... mad-data` and the preset have it."""
    config: Any = with_preset(options.method, options.preset)
    config.output_dir, config.experiment_name, config.timestamp = options.output_dir, "run", "run"
    config.machine.device_type, config.vis = options.device, "tensorboard"
    config.logging.local_writer.enable = False
    config.max_num_iterations = min(options.steps or config.max_num_iterations, config.max_num_iterations)
    if options.device == "cpu":
        config.mixed_precision = False
    if options.method == "nerfacto":  # plain, as its parallel one starts processes
        rays = config.pipeline.datamanager.train_num_rays_per_batch
        config.pipeline.datamanager = VanillaDataManagerConfig(
            train_num_rays_per_batch=rays, pixel_sampler=PixelSamplerConfig()
        )
    if options.method in ("nerfacto", "splatfacto"):
        config.pipeline.datamanager.dataparser = MadDataParserConfig()
        config.pipeline.model.background_color = "white"
    config.pipeline.datamanager.data = config.data = options.data
    return config


def with_preset(method: str, preset: str | None) -> Any:
    """The method's configuration with the options of a preset of that method."""
    chosen = None if preset is None else read_preset(preset)
    if chosen is None or training_method(chosen) != method:
        return deepcopy(all_methods[method])
    arguments, of_dataparser = training_arguments(chosen)
    from nerfstudio.configs.method_configs import AnnotatedBaseConfigUnion

    return tyro.cli(AnnotatedBaseConfigUnion, args=[method, *arguments, "mad-data", *of_dataparser])


def psnr_of(pipeline: Any, numbers: Sequence[int]) -> float:
    """Mean PSNR over some held-out views at full size."""
    dataset, model, values = pipeline.datamanager.eval_dataset, pipeline.model, []
    pipeline.eval()
    for number in numbers:
        with torch.no_grad():
            camera = dataset.cameras[number : number + 1].to(model.device)
            rendered = model.get_outputs_for_camera(camera)["rgb"].clamp(0, 1)
        truth = dataset.get_image_float32(number)[..., :3].to(rendered.device)
        values.append(-10 * math.log10(max(float((rendered - truth).square().mean()), 1e-10)))
    pipeline.train()
    return float(np.mean(values))


def run_step(trainer: Any, step: int) -> None:
    """One training iteration with its callbacks."""
    from nerfstudio.engine.callbacks import TrainingCallbackLocation as Location

    trainer.pipeline.train()
    for callback in trainer.callbacks:
        callback.run_callback_at_location(step, Location.BEFORE_TRAIN_ITERATION)
    trainer.train_iteration(step)
    for callback in trainer.callbacks:
        callback.run_callback_at_location(step, Location.AFTER_TRAIN_ITERATION)


def settled(device: str) -> float:
    """The time, once the device has done all that it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def train(trainer: Any, options: TimedTraining, look: Any) -> list[tuple[int, float, float]]:
    """Train; returns steps, seconds of training and PSNR at each evaluation.

    Args:
        trainer: set up
        options: when to look and when to end
        look: gives the PSNR
    """
    seen: list[tuple[int, float, float]] = []
    spent, next_look = 0.0, options.first_look
    start = settled(options.device)
    for step in range(trainer.config.max_num_iterations):
        run_step(trainer, step)
        last = step + 1 == trainer.config.max_num_iterations
        if last or spent + time.perf_counter() - start >= min(next_look, options.seconds):
            spent += settled(options.device) - start
            seen.append((step + 1, spent, look()))
            next_look = max(next_look, spent) * 1.25
            if last or spent >= options.seconds:
                break
            start = settled(options.device)
    return seen


def main(options: TimedTraining) -> None:
    """Train, save, and write the figures."""
    started = time.perf_counter()
    config = configured(options)
    config.save_config()
    profiler.flush_profiler = lambda *_: None
    trainer = config.setup()
    with without_lpips():
        trainer.setup(test_mode="val")
    held_out = len(trainer.pipeline.datamanager.eval_dataset)
    some = np.unique(np.linspace(0, held_out - 1, options.views or held_out).astype(int)).tolist()
    ready = settled(options.device) - started
    seen = train(trainer, options, lambda: psnr_of(trainer.pipeline, some))
    steps, spent, _ = seen[-1]
    trainer.save_checkpoint(steps - 1)
    reached = {f"{level:g}": next((t for _, t, psnr in seen if psnr >= level), None) for level in LEVELS}
    figures = {
        "steps": steps,
        "training_seconds": spent,
        "set_up_seconds": ready,
        "seconds_to_db": reached,
        "psnr": psnr_of(trainer.pipeline, range(held_out)) if options.views else seen[-1][2],
        "course": seen,
    }
    write_json(config.get_base_dir() / "training.json", figures)
    print(figures)


if __name__ == "__main__":
    main(tyro.cli(TimedTraining))
