"""A method that is not ours, trained and rendered through the same door."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.rendering import DifferentiableRenderer
from pad_nerfstudio.models.trained_field import TrainedField, load_trained_field
from tests.mad_class_factory import make_mad_class


@pytest.fixture(scope="module")
def nerfacto(tmp_path_factory: pytest.TempPathFactory) -> TrainedField:
    folder = tmp_path_factory.mktemp("nerfacto")
    data = make_mad_class(folder / "cube", rings=4, azimuths=5, size=(32, 32))
    command = [sys.executable, "-W", "ignore", "-m", "tests.small_nerfacto", str(data), str(folder), "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return load_trained_field(Path(done.stdout.split()[-1]), "cpu")


@pytest.mark.slow
def test_nerfacto_renders_in_the_world_frame(nerfacto: TrainedField) -> None:
    assert nerfacto.method == "nerfacto" and nerfacto.differentiable
    view = nerfacto.training_views[9]
    seen = nerfacto.render(torch.from_numpy(view.camera_to_world), nerfacto.camera)
    assert seen.rgb.shape == (32, 32, 3) and seen.rgb.isfinite().all()
    # the same picture as from the run's own camera, with depths in the world's unit: this camera is 4 units away
    own = nerfacto.model.get_outputs_for_camera(nerfacto._train.cameras[9:10])
    torch.testing.assert_close(seen.rgb, own["rgb"].clamp(0, 1), atol=2e-3, rtol=0)
    middle = own["depth"][16, 16, 0] / nerfacto.frame.scale
    assert seen.depth[16, 16] == pytest.approx(float(middle), rel=0.01)  # along the ray, nearly the viewing axis
    assert nerfacto.frame.scale == pytest.approx(1 / 4, rel=0.5)
    assert seen.rgb[16, 16].mean() < seen.rgb[1, 1].mean()


@pytest.mark.slow
def test_nerfacto_traces_the_rays_of_several_cameras_in_one_go(nerfacto: TrainedField) -> None:
    poses = torch.stack([torch.from_numpy(view.camera_to_world) for view in nerfacto.training_views[:3]])
    stack = PinholeStack.of(nerfacto.camera, poses)
    together, alone = nerfacto.traced(stack), nerfacto.render_stack(stack)  # on a CPU one by one
    assert together is not None
    torch.testing.assert_close(together["rgb"].clamp(0, 1), alone.rgb, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together["accumulation"][..., 0], alone.accumulation, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_nerfacto_is_differentiable_in_the_pose(nerfacto: TrainedField) -> None:
    assert isinstance(nerfacto, DifferentiableRenderer)
    pose = torch.from_numpy(nerfacto.training_views[9].camera_to_world).float().requires_grad_()
    nerfacto.render_pixels(pose, nerfacto.camera, torch.tensor([[14.5, 17.5]])).sum().backward()
    assert pose.grad is not None and pose.grad[:3].isfinite().all() and pose.grad[:3].abs().sum() > 0
