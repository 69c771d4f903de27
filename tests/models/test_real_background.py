"""What a field keeps beside its grid: what lies around the object, and the light of every training photo."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from nerfstudio.cameras.rays import RayBundle

from pad_nerfstudio.data.photo_light import PhotoLight
from pad_nerfstudio.fields.environment import Environment
from pad_nerfstudio.fields.photo_colors import PhotoColors
from pad_nerfstudio.localization.field_localizer import read_views
from pad_nerfstudio.models.trained_field import load_trained_field


def test_a_saved_environment_is_loaded_and_seen_beside_the_object(tiny_run: Path) -> None:
    field, other = load_trained_field(tiny_run, "cpu"), load_trained_field(tiny_run, "cpu")
    environment = Environment(16, torch.zeros(3), 3.0)
    environment.shell.data[:, 3], environment.far.data[:, 0] = -20.0, 0.9
    field.model.environment = environment
    field.model.grid.background.zero_()
    other.model.load_state_dict(field.model.state_dict())
    pose = torch.from_numpy(field.training_views[20].camera_to_world)
    ours, theirs = (each.render(pose, field.camera.resized(16, 16)) for each in (field, other))
    assert torch.equal(ours.rgb, theirs.rgb) and torch.equal(ours.accumulation, theirs.accumulation)
    assert ours.accumulation[0, 0] < 0.01 and ours.accumulation[8, 8] > 0.9
    torch.testing.assert_close(ours.rgb[0, 0], torch.tensor([0.9, 0.5, 0.5]), atol=0.01, rtol=0)


def test_training_sees_the_light_of_each_photo_and_rendering_the_common_look(tiny_run: Path) -> None:
    model = load_trained_field(tiny_run, "cpu").model
    directions = torch.tensor([[-1.0, 0.0, 0.0]] * 2)
    origins = model.scene_box.aabb.mean(0) - 0.9 * directions
    rays = RayBundle(origins, directions, torch.ones(2, 1), camera_indices=torch.tensor([[0], [1]]))
    before = model.get_outputs(rays)["rgb"]
    model.photo_colors = PhotoColors(2)
    model.photo_colors.log_gain.data[0] = 0.2
    torch.testing.assert_close(model.get_outputs(rays)["rgb"], before)
    model.train()
    dark_and_bright = model.get_outputs(rays)["rgb"].detach()
    assert (dark_and_bright[0] > dark_and_bright[1] + 0.02).any()
    assert "caution_loss" in model.get_loss_dict(model.get_outputs(rays), {"image": before})
    assert "photo_colors" in model.get_param_groups()


def test_references_are_brought_to_the_common_look(tiny_run: Path) -> None:
    field: Any = load_trained_field(tiny_run, "cpu")
    field.model.photo_colors = PhotoColors(field.model.num_train_data)
    field.model.photo_colors.bias.data[1] = 0.05
    views = field.training_views
    assert isinstance(views[1].light, PhotoLight)
    plain, lit = (read_views([view], field, 32)[0].rgb for view in (replace(views[1], light=None), views[1]))
    on_object = (plain - 1).abs().amax(-1) > 0.2
    shift = 0.05 * (1 - 1 / len(views))
    usual = on_object[..., None] & (plain > 0.1)
    torch.testing.assert_close(lit[usual], plain[usual] - shift, atol=1e-4, rtol=0)
    torch.testing.assert_close(lit[0, 0], plain[0, 0])


def test_a_run_from_before_these_options_still_loads(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run.parent, tmp_path / "run")
    config = tmp_path / "run" / "config.yml"
    names = ("photo_colors: ", "environment_texels: ", "background: plain")
    kept = [line for line in config.read_text().splitlines() if not line.strip().startswith(names)]
    text = "\n".join(kept).replace(f"output_dir: {tiny_run.parents[3]}", f"output_dir: {tmp_path}")
    config.write_text(text)
    field = load_trained_field(config, "cpu")
    assert field.model.photo_colors is None and field.model.environment is None
    assert len(field.training_views) == 43
