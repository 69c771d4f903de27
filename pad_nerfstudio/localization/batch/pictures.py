"""Filters of `image_pyramid` on several pictures at once, and medians of parts of them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.localization.image_pyramid import blur, gradient


def blur_all(images: Float[Tensor, "b h w 3"], sigma: float) -> Float[Tensor, "b h w 3"]:
    """See `blur`."""
    return _apart(blur(_together(images), sigma), len(images))


def gradient_all(images: Float[Tensor, "b h w 3"]) -> Float[Tensor, "b h w 3 2"]:
    """See `gradient`."""
    slopes = gradient(_together(images))
    return torch.stack([_apart(part, len(images)) for part in slopes.unbind(-1)], dim=-1)


def _together(images: Float[Tensor, "b h w 3"]) -> Float[Tensor, "h w c"]:
    return images.permute(1, 2, 0, 3).flatten(2)


def _apart(image: Float[Tensor, "h w c"], count: int) -> Float[Tensor, "b h w 3"]:
    return image.unflatten(2, (count, 3)).permute(2, 0, 1, 3)


def masked_median(values: Float[Tensor, "b n"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, " b"]:
    """The lower median of the masked values of each row, as `Tensor.median` has it; 0 where there are none."""
    count = mask.sum(1)
    ordered = torch.where(mask, values, torch.inf).sort(dim=1).values
    median = ordered.gather(1, ((count - 1) // 2).clamp_min(0)[:, None])[:, 0]
    return torch.where(count > 0, median, torch.zeros_like(median))
