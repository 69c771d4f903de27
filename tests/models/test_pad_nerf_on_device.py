"""pad-nerf where it is not the CPU that computes: the whole training on a device that is only pretended."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from nerfstudio.configs.method_configs import all_methods
from nerfstudio.engine.callbacks import TrainingCallbackAttributes
from nerfstudio.engine.optimizers import Optimizers

from tests.mad_class_factory import make_mad_class
from tests.pretend_device import DEVICE, PretendDevice

STEPS = 30


class Training:
    """pad-nerf's own configuration, set up and driven as Nerfstudio's trainer does."""

    def __init__(self, data: Path, device: torch.device) -> None:
        config = deepcopy(all_methods["pad-nerf"])
        config.pipeline.datamanager.data = data
        model: Any = config.pipeline.model
        model.resolutions, model.refine_at, model.prune_every = (12, 16, 20), (10, 20), 5
        config.pipeline.datamanager.warm_up = ()
        config.pipeline.datamanager.train_num_rays_per_batch = 512
        self.pipeline: Any = config.pipeline.setup(device=device)
        self.optimizers = Optimizers(config.optimizers, self.pipeline.get_param_groups())
        attributes = TrainingCallbackAttributes(self.optimizers, None, self.pipeline, None)
        (self.callback,) = self.pipeline.get_training_callbacks(attributes)

    def step(self, step: int) -> torch.Tensor:
        """One step as far as it happens in every step; returns its loss."""
        self.pipeline.train()
        self.optimizers.zero_grad_all()
        _, losses, _ = self.pipeline.get_train_loss_dict(step)
        loss = torch.stack(list(losses.values())).sum()
        loss.backward()
        self.optimizers.optimizer_step_all()
        self.optimizers.scheduler_step_all(step)
        return loss.detach()

    def after(self, step: int) -> None:
        """What may change the grid."""
        self.callback.func(step)


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_mad_class(tmp_path_factory.mktemp("cube") / "cube", rings=4, azimuths=5, size=(32, 32))


def test_a_training_step_never_waits_for_the_device(cube: Path) -> None:
    torch.manual_seed(0)
    with PretendDevice() as device:
        training = Training(cube, DEVICE)
        losses, sizes = [], set()
        for step in range(STEPS):
            model = training.pipeline.model
            known = model.room._cells is model.grid.skip
            device.waits.clear()
            losses.append(training.step(step))
            assert len(device.waits) == (0 if known else 1), device.waits  # how many samples a changed grid has
            training.after(step)
            sizes.add(len(training.pipeline.model.grid.density))
        first, last = (float(sum(part)) / 5 for part in (losses[:5], losses[-5:]))
        assert training.pipeline.model.grid.density.device == DEVICE
    assert last < 0.5 * first
    assert len(sizes) > 3  # refined and pruned on the way
