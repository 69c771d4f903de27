"""How splats are added and removed while they learn: two strategies of gsplat, both with an upper bound."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from gsplat.strategy import DefaultStrategy, MCMCStrategy
from torch import Tensor
from torch.nn import ParameterDict
from torch.optim import Optimizer

StrategyName = Literal["default", "mcmc"]


@dataclass
class Densification:
    """When splats are added and removed, and how many there may be."""

    strategy: StrategyName = "default"
    """`default` splits and copies splats whose place in the image the photos pull at (Kerbl et al. 2023), `mcmc` moves
    faint ones to where there is matter and adds some there (Kheradmand et al., NeurIPS 2024)."""
    most_splats: int = 100_000
    """There are never more."""
    start: int = 200
    """Step after which splats are added and removed."""
    stop: int = 2000
    """Step from which their number stays."""
    every: int = 100
    """Steps between."""
    gradient: float = 0.0002
    """Of `default`: splats are split or copied where the loss changes by more with their place in the image, in halves
    of its side."""
    faintest: float = 0.005
    """Splats of a lower opacity are removed, or moved by `mcmc`."""
    opacity_price: float = 0.01
    """Of `mcmc`: weight of the mean opacity in the loss, so that what nothing needs becomes faint."""
    scale_price: float = 0.01
    """Of `mcmc`: weight of the mean standard deviation in the loss, likewise."""


@dataclass
class BoundedDefaultStrategy(DefaultStrategy):
    """gsplat's default strategy that never exceeds a number of splats: where room is short, the steepest come first."""

    most: int = 100_000
    """There are never more splats."""

    def step_post_backward(self, params: Any, optimizers: Any, state: Any, step: int, info: Any, packed=False) -> None:
        """As gsplat's, but for step 0, at which it would make all splats faint."""
        if step > 0:
            super().step_post_backward(params, optimizers, state, step, info, packed)

    @torch.no_grad()
    def _grow_gs(self, params: Any, optimizers: Any, state: Any, step: int) -> tuple[int, int]:
        present = len(params["means"])
        room = self.most - present
        if room <= 0:
            return 0, 0
        threshold = self.grow_grad2d
        if room < present:
            steepness = state["grad2d"] / state["count"].clamp_min(1)
            threshold = max(threshold, float(steepness.topk(room + 1).values[-1]))
        return DefaultStrategy._grow_gs(replace(self, grow_grad2d=threshold), params, optimizers, state, step)


class Densifier:
    """A strategy with its state, at work on one set of splats."""

    def __init__(self, config: Densification, raw: ParameterDict, optimizers: Mapping[str, Optimizer], extent: float):
        """Set up.

        Args:
            config: options
            raw: the splats' raw parameters, changed in place
            optimizers: one for each of them
            extent: of the cameras' positions about their middle; sizes of splats are judged against it
        """
        self.config, self.raw, self.optimizers = config, raw, dict(optimizers)
        if config.strategy == "mcmc":
            self.strategy: DefaultStrategy | MCMCStrategy = MCMCStrategy(
                cap_max=config.most_splats,
                refine_start_iter=config.start,
                refine_stop_iter=config.stop,
                refine_every=config.every,
                min_opacity=config.faintest,
            )
            self.state = self.strategy.initialize_state()
        else:
            self.strategy = BoundedDefaultStrategy(
                most=config.most_splats,
                prune_opa=config.faintest,
                grow_grad2d=config.gradient,
                refine_start_iter=config.start,
                refine_stop_iter=config.stop,
                refine_every=config.every,
                # a short training does not recover from all splats being made faint
                reset_every=1 << 30,
            )
            self.state = self.strategy.initialize_state(scene_scale=extent)
        self.strategy.check_sanity(self.raw, self.optimizers)

    def before_backward(self, info: dict[str, Any], step: int) -> None:
        """Have the gradients kept that the strategy wants to see."""
        self.strategy.step_pre_backward(self.raw, self.optimizers, self.state, step, info)

    def after_step(self, info: dict[str, Any], step: int) -> None:
        """Add, remove or move splats where it is time to."""
        if isinstance(self.strategy, MCMCStrategy):
            rate = self.optimizers["means"].param_groups[0]["lr"]
            self.strategy.step_post_backward(self.raw, self.optimizers, self.state, step, info, lr=rate)
        else:
            self.strategy.step_post_backward(self.raw, self.optimizers, self.state, step, info)

    def prices(self) -> dict[str, Tensor]:
        """What `mcmc` adds to the loss."""
        if self.config.strategy != "mcmc":
            return {}
        return {
            "opacity_price": self.config.opacity_price * self.raw["opacities"].sigmoid().mean(),
            "scale_price": self.config.scale_price * self.raw["scales"].exp().mean(),
        }
