"""pad-nerf against nerfacto's torch implementation on a CPU: rays a second, and held-out PSNR after equal time.

    python benchmarks/train_speed.py CLASS_DIR

Both train in this process, one after the other, on the same views; batch sizes are their own. Time counts training
steps only: neither start-up nor evaluation.
"""

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import tyro
from nerfstudio.configs.method_configs import all_methods
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManagerConfig
from nerfstudio.data.pixel_samplers import PixelSamplerConfig
from nerfstudio.utils import profiler, writer
from recorded import record

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
from pad_nerfstudio.models.checkpoint import without_lpips


@dataclass
class TrainSpeed:
    """Options of train_speed.py."""

    data: Annotated[Path, tyro.conf.Positional]
    """A class folder in the MAD layout."""
    seconds: float = 60.0
    """Training time of each method."""
    views: int = 4
    """Held-out views that PSNR is taken over, spread evenly."""
    scale: float = 0.25
    """Size of those views as a share of the photos': nerfacto needs minutes for a whole one on a CPU."""
    output: Path = Path(__file__).parent / "results" / "train_speed.json"
    """Where the figures go."""


def make_trainer(method: str, data: Path, folder: Path) -> Any:
    """A set-up trainer on the CPU that shows nothing and saves nothing."""
    config = all_methods[method]
    config.set_timestamp()
    config.data = data
    config.output_dir = folder
    config.machine.device_type = "cpu"
    config.mixed_precision = False
    config.vis = "tensorboard"
    config.logging.local_writer.enable = False
    if method == "nerfacto":
        config.pipeline.datamanager = VanillaDataManagerConfig(
            dataparser=MadDataParserConfig(), train_num_rays_per_batch=1024, pixel_sampler=PixelSamplerConfig()
        )
        config.pipeline.model.implementation = "torch"
        config.pipeline.model.background_color = "white"
    config.pipeline.datamanager.data = data
    trainer = config.setup()
    with without_lpips():
        trainer.setup(test_mode="test")
    profiler.flush_profiler = lambda *_: None
    return trainer


def held_out_psnr(trainer: Any, views: int, scale: float) -> float:
    """Mean PSNR over some held-out views, both rendering and photo at a share of the photo's size."""
    trainer.pipeline.eval()
    dataset = trainer.pipeline.datamanager.eval_dataset
    values = []
    for i in np.linspace(0, len(dataset) - 1, views).astype(int):
        camera = copy.deepcopy(dataset.cameras[int(i) : int(i) + 1])
        camera.rescale_output_resolution(scale)
        with torch.no_grad():
            rendered = trainer.pipeline.model.get_outputs_for_camera(camera)["rgb"].clamp(0, 1)
        truth = dataset.get_image_float32(int(i))[..., :3].numpy()
        truth = cv2.resize(truth, (rendered.shape[1], rendered.shape[0]), interpolation=cv2.INTER_AREA)
        values.append(-10 * math.log10(float(((rendered - torch.from_numpy(truth)) ** 2).mean())))
    trainer.pipeline.train()
    return sum(values) / len(values)


def train_for(trainer: Any, seconds: float) -> tuple[int, int, float]:
    """Train until the time is up; returns steps, rays and seconds. The first step, which compiles, is not counted."""
    run_step(trainer, 0)
    spent, step, rays = 0.0, 1, 0
    while spent < seconds:
        start = time.perf_counter()
        rays += run_step(trainer, step)
        spent += time.perf_counter() - start
        step += 1
    return step, rays, spent


def run_step(trainer: Any, step: int) -> int:
    """One training iteration with its callbacks; returns how many rays it took."""
    from nerfstudio.engine.callbacks import TrainingCallbackLocation as Location

    datamanager = trainer.pipeline.datamanager
    trainer.pipeline.train()
    for callback in trainer.callbacks:
        callback.run_callback_at_location(step, Location.BEFORE_TRAIN_ITERATION)
    trainer.train_iteration(step)
    for callback in trainer.callbacks:
        callback.run_callback_at_location(step, Location.AFTER_TRAIN_ITERATION)
    count = getattr(datamanager, "num_rays", None)
    return count(step) if count else datamanager.get_train_rays_per_batch()


def main(options: TrainSpeed) -> None:
    """Train both and print the ratios."""
    threads = torch.get_num_threads()
    results: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as folder:
        for method in ("nerfacto", "pad-nerf"):
            torch.set_num_threads(threads)
            trainer = make_trainer(method, options.data, Path(folder))
            steps, rays, spent = train_for(trainer, options.seconds)
            psnr = held_out_psnr(trainer, options.views, options.scale)
            results[method] = {"rays_per_second": rays / spent, "steps": steps, "seconds": spent, "psnr": psnr}
            print(f"{method}: {rays / spent:,.0f} rays/s, {psnr:.2f} dB after {spent:.0f} s of training", flush=True)
            writer.EVENT_WRITERS.clear()
    ratio = results["pad-nerf"]["rays_per_second"] / results["nerfacto"]["rays_per_second"]
    print(f"pad-nerf traces {ratio:.0f} times as many rays a second")
    record(options.output, {**results, "ratio": ratio})


if __name__ == "__main__":
    main(tyro.cli(TrainSpeed))
