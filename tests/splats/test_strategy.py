"""The number of splats grows where it should and stays within its bound."""

import math
from typing import Any

import pytest
import torch
from gsplat.cuda._torch_impl import _quat_scale_to_covar_preci
from torch import Tensor

from pad_nerfstudio.splats.gaussians import Splats, raw_parameters
from pad_nerfstudio.splats.rasterization import Rasterized
from pad_nerfstudio.splats.reference import rasterize
from pad_nerfstudio.splats.strategy import Densification, Densifier
from tests.splats.scenes import some_cameras, some_gaussians


def train(config: Densification, count: int, steps: int) -> list[int]:
    """Numbers of splats while some learn the look of others."""
    draw = torch.Generator().manual_seed(0)
    splats, truth, cameras = Splats(0), some_gaussians(count=20, degree=0), some_cameras(count=2)
    target = rasterize(truth, cameras, 0, True).rgb
    sizes = torch.full((count,), 0.05)
    splats.assign(raw_parameters(torch.rand(count, 3, generator=draw) - 0.5, torch.rand(count, 3), sizes, 0.5, 0))
    optimizers = {name: torch.optim.Adam([raw], lr=0.01) for name, raw in splats.raw.items()}
    densifier = Densifier(config, splats.raw, optimizers, extent=3.0)
    numbers = []
    for step in range(steps):
        seen: Rasterized = rasterize(splats.gaussians(), cameras, 0, True)
        densifier.before_backward(seen.info, step)
        loss = (seen.rgb - target).abs().mean() + sum(densifier.prices().values(), torch.zeros(()))
        for optimizer in optimizers.values():
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers.values():
            optimizer.step()
        densifier.after_step(seen.info, step)
        numbers.append(len(splats))
        assert splats.raw["means"].isfinite().all()
    return numbers


def test_the_default_strategy_fills_its_bound_and_no_more() -> None:
    config = Densification(most_splats=45, start=1, stop=12, every=3, gradient=1e-9, faintest=0.001)
    numbers = train(config, count=30, steps=14)
    assert numbers[0] == 30 and max(numbers) == 45 == numbers[-1]


def test_faint_splats_go() -> None:
    config = Densification(most_splats=45, start=1, stop=12, every=3, gradient=1e9, faintest=0.5)
    assert 0 < train(config, count=30, steps=6)[-1] < 30


def relocation(opacities: Tensor, scales: Tensor, ratios: Tensor, binoms: Tensor) -> tuple[Tensor, Tensor]:
    """Equation 9 of Kheradmand et al.: what `ratio` equal splats in one place must be to look like one; slow."""
    fresh_opacities, fresh_scales = [], []
    for opacity, scale, ratio in zip(opacities.tolist(), scales, ratios.tolist(), strict=True):
        fresh = 1 - (1 - opacity) ** (1 / ratio)
        total = sum(
            math.comb(i - 1, k) * (-1) ** k / math.sqrt(k + 1) * fresh ** (k + 1)
            for i in range(1, ratio + 1)
            for k in range(i)
        )
        fresh_opacities.append(fresh)
        fresh_scales.append(scale * opacity / total)
    return torch.tensor(fresh_opacities), torch.stack(fresh_scales)


def test_mcmc_fills_its_bound_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def covariances(quats: Tensor, scales: Tensor, **which: Any) -> Any:
        return _quat_scale_to_covar_preci(quats, scales, **which)

    # the two things that gsplat has for CUDA only
    monkeypatch.setattr("gsplat.strategy.ops.compute_relocation", relocation)
    monkeypatch.setattr("gsplat.strategy.ops.quat_scale_to_covar_preci", covariances)
    config = Densification(strategy="mcmc", most_splats=44, start=1, stop=40, every=3)
    numbers = train(config, count=40, steps=12)
    assert numbers[0] == 40 and max(numbers) == 44 == numbers[-1]
