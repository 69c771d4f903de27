"""Which pixels of the training images a step looks at."""

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass
class ObjectPixelSampler:
    """Draws pixels from the object's surroundings and, more rarely, from everywhere."""

    object_pixels: Int[Tensor, " m"]
    """Flat indices, into all pixels of all images, of those on or near the object."""
    count: int
    """Number of all pixels of all images."""
    object_share: float
    """Share of the draws that lie on or near the object; all lie anywhere where there is no such pixel."""
    num_rays_per_batch: int
    """Most pixels a step; Nerfstudio's exporters raise it."""
    generator: torch.Generator
    """Seeded by the caller."""
    seen_pixels: Int[Tensor, " s"] | None = None
    """Flat indices of the pixels that there is anything to learn from; None: all."""

    def to(self, device: torch.device | str) -> "ObjectPixelSampler":
        """One that draws on `device`; a GPU has generators of its own, whose draws are others by the same seed."""
        if self.object_pixels.device == torch.device(device):
            return self
        generator = torch.Generator(device).manual_seed(self.generator.initial_seed())
        held = {part.name: getattr(self, part.name) for part in fields(self)}
        moved = {name: value.to(device) for name, value in held.items() if isinstance(value, Tensor)}
        return replace(self, **moved, generator=generator)

    def draw(self, n: int) -> Int[Tensor, " n"]:
        """Flat indices of `n` pixels, with repetition."""
        on_object = int(n * self.object_share) if len(self.object_pixels) else 0
        where: dict[str, Any] = {"generator": self.generator, "device": self.object_pixels.device}
        chosen = torch.randint(len(self.object_pixels) or 1, (on_object,), **where)
        pool = self.count if self.seen_pixels is None else len(self.seen_pixels)
        anywhere = torch.randint(pool, (n - on_object,), **where)
        if self.seen_pixels is not None:
            anywhere = self.seen_pixels[anywhere]
        return torch.cat([self.object_pixels[chosen], anywhere])
