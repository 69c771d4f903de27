"""`pad-nerf` on a scene whose photos show a floor and surroundings instead of a plain background."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nerfstudio.utils import profiler

from pad_nerfstudio.data.scene_dataparser import SceneDataParserConfig
from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.models.trained_field import load_trained_field
from pad_nerfstudio.plugin.pad_nerf import pad_nerf
from tests.scene_factory import make_scene


def scene_trainer(data: Path, output_dir: Path, steps: int) -> Any:
    """A trainer for a few steps on a CPU."""
    config: Any = deepcopy(pad_nerf.config)
    config.output_dir, config.experiment_name, config.timestamp = output_dir, "scene", "run"
    config.machine.device_type, config.vis = "cpu", "tensorboard"
    config.max_num_iterations, config.steps_per_save = steps, steps
    config.pipeline.datamanager.dataparser = SceneDataParserConfig(data=data)
    config.pipeline.datamanager.warm_up, config.pipeline.datamanager.train_num_rays_per_batch = (), 512
    config.pipeline.model.resolutions, config.pipeline.model.refine_at = (16, 24, 32), (20, 40)
    config.save_config()
    trainer = config.setup()
    trainer.setup(test_mode="val")
    return trainer


def test_a_scene_trains_without_silhouettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiler, "flush_profiler", lambda *_: None)
    folder = make_scene(tmp_path / "scene", views=10, size=(32, 32))
    trainer = scene_trainer(folder, tmp_path, steps=60)
    datamanager, grid = trainer.pipeline.datamanager, trainer.pipeline.model.grid
    bundle, batch = datamanager.next_train(0)
    assert datamanager.silhouettes is None and set(batch) == {"image"}
    assert len(bundle) == 512 and datamanager.sampler.draw(4000).unique().numel() > 2000  # of 9216, wherever they lie
    assert bool(grid.marked().all())  # nothing is carved away
    box = datamanager.train_dataset.scene_box.aabb
    assert grid.box()[0, 2] == 0 > box[0, 2]  # the floor is a texture
    assert bool((grid.box()[0, :2] <= box[0, :2] + 1e-6).all() and (grid.box()[1] >= box[1] - 1e-6).all())
    trainer.train()

    field = load_trained_field(tmp_path / "scene" / "pad-nerf" / "run" / "config.yml", "cpu")
    scene = read_scene(folder)
    poses = {view.file_path: view.camera_to_world for view in scene.views}
    held_out = field.held_out_views
    assert len(held_out) == 1
    np.testing.assert_allclose(held_out[0].camera_to_world, poses[held_out[0].file_path], atol=1e-6)
    photos = [datamanager.train_dataset.get_image_float32(i) for i in range(9)]
    rendered = [field.render(torch.from_numpy(view.camera_to_world), scene.camera).rgb for view in field.training_views]
    fitted = torch.stack([(a - b).square().mean() for a, b in zip(rendered, photos, strict=True)]).mean()
    assert float(fitted) < 0.5 * float(torch.stack(photos).var())

    rendering = field.render(torch.from_numpy(held_out[0].camera_to_world), scene.camera)
    pose = torch.from_numpy(held_out[0].camera_to_world)
    pixels = torch.cartesian_prod(torch.arange(32), torch.arange(32)) + 0.5  # rows, columns
    camera = scene.camera
    x, y = (pixels[:, 1] - camera.cx) / camera.fl_x, -(pixels[:, 0] - camera.cy) / camera.fl_y
    along = torch.stack([x, y, -torch.ones_like(x)], dim=-1).double() @ pose[:3, :3].T
    bare = (rendering.accumulation.view(-1) < 0.1) & (along[:, 2] < -0.2)
    heights = pose[2, 3] + rendering.depth.view(-1).double() * along[:, 2]
    assert bare.sum() > 50
    torch.testing.assert_close(heights[bare], torch.zeros_like(heights[bare]), atol=1e-4, rtol=0)
