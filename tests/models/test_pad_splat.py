"""A short training of splats on a CPU, and what is made of it."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.localize_queries import localize_queries
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.queries import Intrinsics, gather_queries
from pad_nerfstudio.models.checkpoint import load_pipeline
from pad_nerfstudio.models.rendering import DifferentiableRasterizer, render_each
from pad_nerfstudio.models.trained_field import TrainedField, load_trained_field
from tests.mad_class_factory import make_mad_class
from tests.scene_factory import make_scene
from tests.small_splats import MOST, STEPS, set_up, small_splats

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="what happens without a CUDA device")


def psnr(trainer: Any) -> float:
    """Mean over the held-out views."""
    return trainer.pipeline.get_average_eval_image_metrics()["psnr"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, float]:
    """A trainer after training, and the PSNR with which it began."""
    folder = tmp_path_factory.mktemp("splats")
    data = make_mad_class(folder / "cube", rings=4, azimuths=5, size=(32, 32))
    trainer = set_up(small_splats(data, folder))
    before = psnr(trainer)
    trainer.train()
    return trainer, before


@pytest.fixture(scope="module")
def field(run: tuple[Any, float]) -> TrainedField:
    return load_trained_field(run[0].config.get_base_dir() / "config.yml", "cpu")


def test_splats_learn_and_their_number_is_bounded(run: tuple[Any, float]) -> None:
    trainer, before = run
    assert len(trainer.pipeline.model.splats) == MOST  # from 200
    assert psnr(trainer) > before + 2
    assert trainer.pipeline.model.degree == 1
    assert trainer.pipeline.get_average_eval_image_metrics()["lpips"] is None


def test_what_is_loaded_renders_what_was_trained(run: tuple[Any, float], field: TrainedField) -> None:
    state = torch.load(field.checkpoint, weights_only=True)
    assert state["step"] == STEPS - 1
    model = run[0].pipeline.model.eval()
    camera = run[0].pipeline.datamanager.eval_dataset.cameras[0:1]
    theirs = field.model.get_outputs_for_camera(camera)
    for name, values in model.get_outputs_for_camera(camera).items():
        assert torch.equal(values, theirs[name]), name


def test_a_run_goes_on(run: tuple[Any, float], tmp_path: Path) -> None:
    config = small_splats(run[0].config.data, tmp_path)
    config.load_dir, config.max_num_iterations = run[0].checkpoint_dir, 2
    trainer = set_up(config)
    before = trainer.pipeline.model.splats.raw["means"].detach().clone()
    trainer.train()
    assert trainer.step == STEPS + 1
    after = trainer.pipeline.model.splats.raw["means"]
    assert after.shape == before.shape and 0 < (after - before).abs().max() < 0.05


def test_views_are_in_the_world_frame(field: TrainedField) -> None:
    assert field.rasterizes and field.differentiable and field.method == "pad-splat"
    view = field.training_views[7]
    seen = field.render(torch.from_numpy(view.camera_to_world), field.camera)
    # so few steps leave it soft
    assert 3.2 < seen.depth[16, 16] < 4.2 and seen.accumulation[16, 16] > 0.6 and seen.accumulation[0, 0] < 0.1
    photo = torch.from_numpy(read_image(view.path) / 255.0).float()
    assert (seen.rgb - photo).abs().mean() < 0.13


def test_several_cameras_at_once_are_each_alone(field: TrainedField) -> None:
    poses = torch.stack([torch.from_numpy(view.camera_to_world) for view in field.training_views[:3]])
    stack = PinholeStack.of(field.camera, poses)
    together, alone = field.render_stack(stack), render_each(field, stack)
    torch.testing.assert_close(together.rgb, alone.rgb, atol=1e-5, rtol=1e-5)
    solid = alone.accumulation > 0.5
    # a model's own depth is along the ray, in float32 of its own units
    torch.testing.assert_close(together.depth[solid], alone.depth[solid].to(together.depth), atol=1e-4, rtol=1e-4)


def test_pictures_are_differentiable_in_the_pose(field: TrainedField) -> None:
    assert isinstance(field, DifferentiableRasterizer)
    pose = torch.from_numpy(field.training_views[7].camera_to_world).requires_grad_()
    pixels = torch.tensor([[16.5, 15.5], [12.5, 18.5]])
    colors = field.render_pixels(pose, field.camera, pixels)
    whole = field.render(pose.detach(), field.camera)
    torch.testing.assert_close(colors.detach(), whole.rgb[[15, 18], [16, 12]], atol=1e-5, rtol=1e-5)
    colors.sum().backward()
    assert pose.grad is not None and pose.grad.isfinite().all() and pose.grad[:3].abs().sum() > 0


def test_nerfstudio_exports_the_splats(
    run: tuple[Any, float], field: TrainedField, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        import open3d  # noqa: F401
    except (ImportError, OSError):  # libusb is missing; splats need nothing of it
        monkeypatch.setitem(sys.modules, "open3d", ModuleType("open3d"))
    from nerfstudio.scripts.exporter import ExportGaussianSplat

    ExportGaussianSplat(load_config=field.config_path, output_dir=tmp_path).main()
    header, _, body = (tmp_path / "splat.ply").read_bytes().partition(b"end_header\n")
    names = [line.split()[-1].decode() for line in header.splitlines() if line.startswith(b"property float")]
    rows = torch.frombuffer(bytearray(body), dtype=torch.float32).view(-1, len(names))
    assert f"element vertex {len(rows)}".encode() in header and MOST / 2 < len(rows) <= MOST
    ours, theirs = field.model.gauss_params, dict(zip(names, rows.T, strict=True))
    drawn = ours["opacities"][:, 0] >= -5.5373  # as the exporter has it
    for name, values in (
        ("x", ours["means"][:, 0]),
        ("opacity", ours["opacities"][:, 0]),
        ("rot_3", ours["quats"][:, 3]),
    ):
        torch.testing.assert_close(theirs[name], values[drawn].detach())
    torch.testing.assert_close(theirs["f_dc_1"], ours["features_dc"][drawn, 1].detach())
    # red's coefficients first, as in Kerbl et al.
    torch.testing.assert_close(theirs["f_rest_3"], ours["features_rest"][drawn, 0, 1].detach())


def test_photos_are_localised_together(field: TrainedField, tmp_path: Path) -> None:
    photos, _ = gather_queries(field.data_root, (), field.camera, Intrinsics(), False)
    config = LocalizerConfig(
        rendered_views=0, hypotheses=2, more_hypotheses=2, finest_size=32, finest_renders=1, nearby_views=2, batch=3
    )
    poses = localize_queries(field, photos, config, tmp_path)
    frames = json.loads(poses.read_text())["frames"]
    assert len(frames) == len(photos) == 4 and {"residual", "converged", "seconds"} <= set(frames[0])


def test_a_random_background_and_photos_of_a_run_to_begin_with(run: tuple[Any, float], tmp_path: Path) -> None:
    start = run[0].config.get_base_dir() / "config.yml"
    config = small_splats(run[0].config.data, tmp_path, background="random", start_from=start, start_splats=150)
    config.max_num_iterations = 3
    config.pipeline.datamanager.images_per_step = 2
    trainer = set_up(config)
    model = trainer.pipeline.model
    means = model.splats.raw["means"].detach()
    assert len(means) == 150
    # the cube's half side is 0.5 in world units
    scale = float(trainer.pipeline.datamanager.train_dataparser_outputs.dataparser_scale)
    assert 0.4 < float((means / scale).abs().amax(1).median()) < 0.8
    # what the photos surely show as background costs whatever is not wholly transparent there
    camera, batch = trainer.pipeline.datamanager.next_train(0)
    model.train()
    outputs = {"rgb": batch["image"].clone(), "accumulation": torch.ones(2, 32, 32)}
    assert float(model.get_loss_dict(outputs, batch)["rgb_loss"]) > 0.05
    outputs["accumulation"] = (~batch["near"]).logical_not().float()
    assert float(model.get_loss_dict(outputs, batch)["rgb_loss"]) < 1e-4
    trainer.train()
    assert len(camera.focal) == 2


@no_gpu
def test_without_a_gpu_training_ends_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_splats(tmp_path / "nothing", tmp_path, rasterizer="gsplat")
    with pytest.raises(SystemExit) as ended:
        set_up(config)
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: pad-splat renders with CUDA only") and "pad-nerf" in said


@no_gpu
def test_without_a_gpu_a_run_is_not_loaded(tmp_path: Path) -> None:
    config = small_splats(tmp_path / "nothing", tmp_path, rasterizer="gsplat")
    config.save_config()
    with pytest.raises(UserError, match="use pad-nerf"):
        load_pipeline(config.get_base_dir() / "config.yml", torch.device("cpu"))


def test_scenes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pad_nerfstudio.data.scene_dataparser import SceneDataParserConfig

    scene = make_scene(tmp_path / "scene")
    config = small_splats(scene, tmp_path)
    config.pipeline.datamanager.dataparser = SceneDataParserConfig()
    with pytest.raises(SystemExit):
        set_up(config)
    assert "train a scene with pad-nerf" in capsys.readouterr().err
