"""Which pixels of the training images a step looks at."""

from dataclasses import dataclass

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

    def draw(self, n: int) -> Int[Tensor, " n"]:
        """Flat indices of `n` pixels, with repetition."""
        on_object = int(n * self.object_share) if len(self.object_pixels) else 0
        chosen = torch.randint(len(self.object_pixels) or 1, (on_object,), generator=self.generator)
        pool = self.count if self.seen_pixels is None else len(self.seen_pixels)
        anywhere = torch.randint(pool, (n - on_object,), generator=self.generator)
        if self.seen_pixels is not None:
            anywhere = self.seen_pixels[anywhere]
        return torch.cat([self.object_pixels[chosen], anywhere])
