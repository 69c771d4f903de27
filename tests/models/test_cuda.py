"""What only a GPU can tell: that it computes the same, and that a training step truly does not wait for it."""

from pathlib import Path

import pytest
import torch

from pad_nerfstudio.fields.reference import render_rays_reference
from pad_nerfstudio.fields.torch_rendering import render_rays_torch
from tests.fields.test_rendering import STEP, make_grid, make_rays
from tests.mad_class_factory import make_mad_class
from tests.models.test_pad_nerf_on_device import Training

pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]


def test_it_renders_and_differentiates_as_the_cpu_does() -> None:
    results = []
    for device, render in (("cpu", render_rays_reference), ("cuda", render_rays_torch)):
        grid, rays = make_grid(1).to(device), [ray.to(device) for ray in make_rays()]
        outputs = render(grid, *rays[:2], STEP, rays[2])
        sum(out.square().sum() for out in outputs).backward()
        results.append([t.detach().cpu() for t in (*outputs, grid.density.grad, grid.color.grad)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_a_training_step_does_not_wait(tmp_path: Path) -> None:
    training = Training(make_mad_class(tmp_path / "cube", rings=4, azimuths=5, size=(32, 32)), torch.device("cuda"))
    for step in range(3):  # the first one counts samples, and loads what is loaded late
        torch.cuda.set_sync_debug_mode("error" if step else "default")
        try:
            training.step(step)
        finally:
            torch.cuda.set_sync_debug_mode("default")
