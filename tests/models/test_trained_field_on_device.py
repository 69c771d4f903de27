"""A trained field where it is not the CPU that renders, against the same one on the CPU."""

from dataclasses import replace
from pathlib import Path

import torch

from pad_nerfstudio.anomaly.placement import OnDevice
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.checkpoint import load_pipeline
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.rendering import RenderingBatch
from pad_nerfstudio.models.trained_field import TrainedField, load_trained_field
from tests.pretend_device import DEVICE, PretendDevice


def test_its_views_and_their_corrections_are_the_same(tiny_run: Path) -> None:
    here = load_trained_field(tiny_run, "cpu")
    views, camera = here.training_views, here.camera
    pose = torch.from_numpy(views[20].camera_to_world)
    expected = here.render(pose, camera)
    corrected = NearbyViews(here, views, here.background).alternatives(pose, camera, expected, 2)
    with PretendDevice():
        config, pipeline, checkpoint = load_pipeline(tiny_run, torch.device("cpu"))
        pipeline.model.to(DEVICE)
        there = TrainedField(config, pipeline, tiny_run, checkpoint)
        resident = OnDevice(there)
        seen = resident.render(pose, camera)
        assert seen.rgb.device == DEVICE and there.render(pose, camera).rgb.device.type == "cpu"
        corrections = NearbyViews(resident, views, there.background).alternatives(pose, camera, seen, 2)
        assert corrections.device == DEVICE
        seen, corrections = seen.to("cpu"), corrections.to("cpu")
        # near and far, so that rays are sampled in two ways; all are one call of the model
        poses = torch.stack([torch.from_numpy(view.camera_to_world) for view in views[:3]])
        poses[1, :3, 3] *= 4
        stack = PinholeStack.of_each([camera, camera, replace(camera, fl_x=0.8 * camera.fl_x)], poses)
        moved = there.frame.to_nerfstudio(stack.homogeneous()).float()
        moved = PinholeStack(moved, stack.focal.float(), stack.center.float(), stack.size).to(DEVICE)
        assert len({there.model.sampling_for(moved.one(i)) for i in range(3)}) == 2
        together, alone = (
            there.render_stack(stack),
            [there.render_on_device(p, stack.pinhole(i)) for i, p in enumerate(poses)],
        )
        assert together.rgb.device == DEVICE
        together = RenderingBatch(together.rgb.cpu(), together.depth.cpu(), together.accumulation.cpu())
        alone = [one.to("cpu") for one in alone]
    for number, one in enumerate(alone):
        for name in ("rgb", "depth", "accumulation"):
            ours, theirs = getattr(together, name)[number], getattr(one, name)
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    # the kernels skip colours of faint samples, and give rays that cut a corner of the box one sample behind it
    assert ((seen.rgb - expected.rgb).abs().amax(-1) > 5e-3).float().mean() < 5e-3
    assert ((seen.accumulation - expected.accumulation).abs() > 1e-3).float().mean() < 5e-3
    solid = expected.accumulation > 0.9
    torch.testing.assert_close(seen.depth[solid], expected.depth[solid], rtol=1e-3, atol=1e-3)
    agree = (corrections - corrected).abs().amax(-1) < 0.02
    assert agree.float().mean() > 0.98  # a photo may see a surface in one and just not in the other
