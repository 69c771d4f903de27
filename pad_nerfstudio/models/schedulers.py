"""Learning-rate schedules whose factor is a Python float.

Nerfstudio's own store numpy scalars in the checkpoint, which `torch.load` refuses since torch 2.6.
"""

import math
from dataclasses import dataclass, field

from nerfstudio.engine.schedulers import Scheduler, SchedulerConfig
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


@dataclass
class ExponentialDecayConfig(SchedulerConfig):
    """Decay from the optimiser's rate to `lr_final` over `max_steps`, a constant ratio a step."""

    _target: type = field(default_factory=lambda: ExponentialDecay)
    """Target class to instantiate."""
    lr_final: float = 1e-3
    """Learning rate at the end."""
    max_steps: int = 1000
    """Steps until then; constant afterwards."""


class ExponentialDecay(Scheduler):
    """See `ExponentialDecayConfig`."""

    config: ExponentialDecayConfig

    def get_scheduler(self, optimizer: Optimizer, lr_init: float) -> LambdaLR:
        """The schedule as torch knows it."""
        rate = math.log(self.config.lr_final / lr_init)
        return LambdaLR(optimizer, lambda step: math.exp(rate * min(step / self.config.max_steps, 1.0)))
