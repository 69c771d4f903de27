"""Where scoring computes: on the device of the field, so that nothing travels between it and the host."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pad_nerfstudio.anomaly.batching import half_precision
from pad_nerfstudio.anomaly.comparison import Comparison
from pad_nerfstudio.anomaly.feature_error import FeatureError
from pad_nerfstudio.anomaly.learned.comparison import LearnedComparison
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.rendering import Renderer, Rendering, RenderingBatch


def device_of(field: Any) -> torch.device:
    """The device on which a field is rendered; the CPU where it does not say."""
    return torch.device(getattr(field, "device", "cpu"))


@dataclass(frozen=True, eq=False)
class OnDevice:
    """A trained field whose views stay on its device; satisfies `Renderer`."""

    field: Any
    """A `TrainedField`."""

    @property
    def device(self) -> torch.device:
        """That of the field."""
        return device_of(self.field)

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """One view; see `Renderer.render`."""
        return self.field.render_on_device(camera_to_world, camera)

    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """Several views; see `BatchRenderer.render_stack`."""
        return self.field.render_stack(cameras)


def resident(field: Any) -> Renderer:
    """The field as scoring renders it: its views stay where they are computed."""
    return field if device_of(field).type == "cpu" else OnDevice(field)


@dataclass(frozen=True, eq=False)
class HalfPrecision:
    """A network, or an extractor that has one, which computes in half precision."""

    inner: Callable[[Tensor], Any]
    """Gives a tensor, or a list of them."""

    def __call__(self, images: Float[Tensor, "*batch c h w"]) -> Any:
        """The same, in single precision."""
        with half_precision(images.device):
            found = self.inner(images)
        return found.float() if isinstance(found, Tensor) else [layer.float() for layer in found]


def network_on(network: nn.Module, device: torch.device, mixed_precision: bool) -> Callable[[Tensor], Tensor]:
    """A network moved to `device`, which computes in half precision where asked to."""
    network.to(device)
    return HalfPrecision(network) if mixed_precision else network


def placed(comparison: Comparison, device: torch.device, mixed_precision: bool = False) -> Comparison:
    """A comparison whose networks, if it has any, are on `device` and compute in half precision where asked to."""
    if isinstance(comparison, LearnedComparison) and isinstance(comparison.network, nn.Module):
        return LearnedComparison(network_on(comparison.network, device, mixed_precision))
    network = getattr(comparison.extractor, "network", None) if isinstance(comparison, FeatureError) else None
    if not isinstance(comparison, FeatureError) or not isinstance(network, nn.Module):
        return comparison
    network.to(device)
    return replace(comparison, extractor=HalfPrecision(comparison.extractor)) if mixed_precision else comparison
