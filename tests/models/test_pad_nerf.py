"""A short training, and Nerfstudio's own programs on what it leaves."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from nerfstudio.cameras.cameras import Cameras
from nerfstudio.models.base_model import Model

from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.trained_field import load_trained_field
from tests.trained_run import STEPS, run_script


def test_the_checkpoint_loads_with_weights_only(tiny_run: Path) -> None:
    (checkpoint,) = (tiny_run.parent / "nerfstudio_models").glob("*.ckpt")
    state = torch.load(checkpoint, weights_only=True)
    assert state["step"] == STEPS - 1


def test_ns_eval_runs_offline_and_the_field_has_learnt(tiny_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "eval.json"
    run_script("nerfstudio.scripts.eval", "--load-config", tiny_run, "--output-path", out)
    results = json.loads(out.read_text())["results"]
    assert results["psnr"] > 22 and results["lpips"] is None


def test_load_dir_resumes(tiny_run: Path, tmp_path: Path) -> None:
    data = tiny_run.parents[3] / "cube"
    done = run_script(
        "nerfstudio.scripts.train", "pad-nerf", "--data", data, "--output-dir", tmp_path, "--timestamp", "more",
        "--experiment-name", "tiny", "--load-dir", tiny_run.parent / "nerfstudio_models", "--max-num-iterations", "5",
        "--machine.device-type", "cpu", "--vis", "tensorboard", "--pipeline.model.refine-at", "60", "120",
        "--pipeline.model.resolutions", "16", "24", "32",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    (checkpoint,) = (tmp_path / "tiny" / "pad-nerf" / "more" / "nerfstudio_models").glob("*.ckpt")
    before = next((tiny_run.parent / "nerfstudio_models").glob("*.ckpt"))
    key = "_model.grid.density"
    former, latter = (torch.load(path, weights_only=True)["pipeline"][key] for path in (before, checkpoint))
    assert former.shape == latter.shape and 0 < (former - latter).abs().mean() < 0.3


def test_a_loaded_field_renders_in_the_world_frame(tiny_run: Path) -> None:
    field = load_trained_field(tiny_run, "cpu")
    mad = read_mad_class(field.data_root)
    by_name = {view.file_path: view for view in mad.training_views}
    assert len(field.training_views) + len(field.held_out_views) == len(by_name)
    for view in field.training_views:
        assert (abs(view.camera_to_world - by_name[view.file_path].camera_to_world) < 1e-6).all()
    pose = torch.from_numpy(by_name["train/good/0.png"].camera_to_world)
    seen = field.render(pose, field.camera)
    center = field.camera.h // 2, field.camera.w // 2
    assert seen.accumulation[center] > 0.9 and seen.accumulation[0, 0] < 0.01
    assert 3.2 < seen.depth[center] < 3.8  # the cube's near side, from a camera at distance 4
    assert torch.allclose(seen.rgb[0, 0], torch.ones(3), atol=0.02)


def test_pixels_are_differentiable_in_the_pose(tiny_run: Path) -> None:
    field = load_trained_field(tiny_run, "cpu")
    pose = torch.from_numpy(field.training_views[20].camera_to_world).float().requires_grad_()
    pixels = torch.tensor([[32.5, 32.5], [28.5, 36.5]])
    colors = field.render_pixels(pose, field.camera, pixels)
    whole = field.render(pose.detach(), field.camera)
    torch.testing.assert_close(colors.detach(), whole.rgb[[32, 36], [32, 28]], atol=5e-3, rtol=0)
    colors.sum().backward()
    assert pose.grad is not None and pose.grad.isfinite().all() and pose.grad[:3].abs().sum() > 0


def test_plain_pinholes_are_rendered_as_nerfstudio_would(tiny_run: Path) -> None:
    field = load_trained_field(tiny_run)
    pose = field.frame.to_nerfstudio(torch.from_numpy(field.training_views[0].camera_to_world)).float()[None]
    camera = Cameras(pose, 60.0, 62.0, 23.0, 19.5, 48, 40)
    ours, theirs = field.model.get_outputs_for_camera(camera), Model.get_outputs_for_camera(field.model, camera)
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert ours[name].shape == theirs[name].shape
        close = (ours[name] - theirs[name]).abs() < 1e-3 * (1 + theirs[name].abs())
        assert close.float().mean() > 0.99, name  # a ray may end a sample earlier for a rounding error in its direction


def test_small_images_are_sampled_coarsely_and_look_the_same(tiny_run: Path) -> None:
    field = load_trained_field(tiny_run, "cpu")
    pose = torch.from_numpy(field.training_views[0].camera_to_world)
    small = field.camera.resized(12, 12)
    in_grid = field.frame.to_nerfstudio(pose).float()[None, :3]
    apart = []
    for camera in (small, field.camera.resized(512, 512)):
        focal = torch.tensor([[camera.fl_x, camera.fl_y]])
        apart.append(field.model.sampling_for(PinholeStack.of_one_size(in_grid, focal, focal, camera.w, camera.h)))
    assert apart == [(field.model.config.coarsest_step, True), (field.model.step, False)]
    coarse = field.render(pose, small).rgb
    field.model.sampling_for = lambda camera: (field.model.step, False)
    assert (coarse - field.render(pose, small).rgb).abs().mean() < 0.03


@pytest.mark.slow
def test_ns_export_and_ns_render_work_unpatched(tiny_run: Path, tmp_path: Path) -> None:
    o3d = pytest.importorskip("open3d", reason="open3d does not load: apt install libusb-1.0-0", exc_type=ImportError)
    run_script(
        "nerfstudio.scripts.exporter", "pointcloud", "--load-config", tiny_run, "--output-dir", tmp_path,
        "--normal-method", "open3d", "--num-points", "4000", "--save-world-frame", "True",
    )  # fmt: skip
    points = np.asarray(o3d.io.read_point_cloud(str(tmp_path / "point_cloud.ply")).points)
    assert len(points) > 2000 and 0.45 < np.quantile(np.abs(points).max(1), 0.9) < 0.65  # the cube's half side is 0.5
    run_script(
        "nerfstudio.scripts.render", "dataset", "--load-config", tiny_run, "--output-path", tmp_path / "rendered",
        "--split", "test",
    )  # fmt: skip
    assert list((tmp_path / "rendered" / "test" / "rgb").glob("*.jpg"))


def test_light_through_what_is_surely_object_costs(tiny_run: Path) -> None:
    model = load_trained_field(tiny_run, "cpu").model
    outputs = {"rgb": torch.zeros(4, 3), "accumulation": torch.tensor([[1.0], [0.5], [0.5], [0.0]])}
    batch = {"image": torch.zeros(4, 3), "solid": torch.tensor([True, True, False, False])}
    losses = model.get_loss_dict(outputs, batch)
    assert float(losses["opacity_loss"]) == pytest.approx(model.config.opacity_weight * 0.25 / 4)
    assert "opacity_loss" not in model.get_loss_dict(outputs, {"image": batch["image"]})
