"""What photos tell of where a field must be opaque, as a loss."""

from typing import Any

from jaxtyping import Float
from torch import Tensor


def opacity_losses(accumulation: Float[Tensor, "*pixels"], batch: dict[str, Any], weight: float) -> dict[str, Tensor]:
    """The squared difference from masks, or where there are none the squared transmittance where pixels are surely
    object; nothing where photos do not tell.

    Args:
        accumulation: of the pixels of a batch
        batch: `opacity` (how much of a pixel the object covers, in [0, 1]) or `solid` (whether it surely shows nothing
            else), and `seen` (whether it counts) where not all pixels do
        weight: of the loss; 0 for objects that light passes through
    """
    if not weight:
        return {}
    if "opacity" in batch:
        missing = accumulation - batch["opacity"].to(accumulation.device)
    elif "solid" in batch:
        missing = (1 - accumulation) * batch["solid"].to(accumulation.device)
    else:
        return {}
    if "seen" in batch:
        missing = missing * batch["seen"].to(accumulation.device)
    return {"opacity_loss": weight * missing.square().mean()}
