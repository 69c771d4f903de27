"""From the volumes of a scene's objects to one logit each."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pad_nerfstudio.odd_one_out.learned.correspondence import attended, corresponding_voxels
from pad_nerfstudio.odd_one_out.learned.voxel_attention import (
    VoxelAttentionBlock,
    VoxelDifferenceBlock,
    tokens_of,
    volumes_of,
)

Variant = Literal["A", "B", "C", "final"]
"""Rows of table 2 of Bhunia et al.: A looks at each object alone, B adds plain attention between all voxels of all
objects, C adds the distillation of a teacher's features, and the final method attends to corresponding voxels only."""


Judged = Literal["voxels", "differences", "surfaces"]
"""What is judged. The last attention block hands on voxels that have seen others, as in the paper, or how they differ
from those. The vector of differences is judged beside how it differs from the mean of the scene's other objects,
so that what is common to all objects of a kind, glossy ones say, is not held against any. Surfaces need neither
attention nor features: see `SurfaceComparison`."""


def distils(variant: Variant) -> bool:
    """Whether a variant learns a teacher's features."""
    return variant in ("C", "final")


class Comparison(nn.Module):
    """Cross-instance matching, section 3.4 of Bhunia et al.: attention, 3-D convolutions to a vector, two layers."""

    def __init__(
        self,
        channels: int,
        size: int,
        variant: Variant,
        blocks: int,
        heads: int,
        head_channels: int,
        k: int,
        judged: Judged = "voxels",
    ) -> None:
        """Set up with random weights.

        Args:
            channels: of a voxel
            size: voxels along each side of an object's volume, a power of two
            variant: see `Variant`
            blocks: of attention, 3 in the paper
            heads: of attention, 8 in the paper
            head_channels: of each head
            k: corresponding voxels of each other object, 20 in the paper
            judged: see `Judged`
        """
        super().__init__()
        self.variant, self.size, self.k = variant, size, k
        count = 0 if variant == "A" else blocks
        kinds = [VoxelAttentionBlock] * (count - 1) + [
            VoxelDifferenceBlock if judged == "differences" else VoxelAttentionBlock
        ] * min(count, 1)
        self.blocks = nn.ModuleList(kind(channels, heads, head_channels) for kind in kinds)
        halvings = size.bit_length() - 1
        widths = [channels * 2**step for step in range(halvings + 1)]
        self.shrink = nn.Sequential(
            *(
                nn.Sequential(nn.Conv3d(a, b, 3, stride=2, padding=1), nn.GroupNorm(8, b), nn.ReLU())
                for a, b in zip(widths, widths[1:], strict=False)
            )
        )
        self.relative = judged == "differences" and count > 0
        width = widths[-1]
        self.judge = nn.Sequential(nn.Linear((1 + self.relative) * width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(
        self, objects: Float[Tensor, "n c size size size"], features: Float[Tensor, "n voxels d"]
    ) -> tuple[Float[Tensor, " n"], Int[Tensor, "n n voxels k"] | None]:
        """Logits to be anomalous, and the corresponding voxels where they were looked for.

        Args:
            objects: of one scene, at least one
            features: the feature field at the same voxels
        """
        chosen, tokens = None, tokens_of(objects)
        if self.variant == "final":
            chosen = corresponding_voxels(features, self.k)
            tokens = self._attend(tokens, chosen)
        elif self.blocks:
            for block in self.blocks:
                tokens = block(tokens.flatten(0, 1), "all").view(tokens.shape)
        vectors = self.shrink(volumes_of(tokens, self.size)).flatten(1)
        if self.relative:
            vectors = torch.cat([vectors, vectors - _mean_of_others(vectors)], dim=1)
        return self.judge(vectors)[:, 0], chosen

    def matches(
        self,
        objects: Float[Tensor, "n c size size size"],
        chosen: Int[Tensor, "n n voxels k"] | None,
        features: Float[Tensor, "n voxels d"] | None,
        pair: tuple[int, int],
        count: int,
    ) -> tuple[Int[Tensor, " count"], Int[Tensor, " count"]] | None:
        """`strongest_matches` of two objects, where correspondences were looked for."""
        return None if chosen is None or features is None else strongest_matches(features, *pair, count)

    def _attend(
        self, tokens: Float[Tensor, "n voxels c"], chosen: Int[Tensor, "n n voxels k"]
    ) -> Float[Tensor, "n voxels c"]:
        looks = attended(chosen)
        if looks.shape[1] == 0:
            return tokens
        for block in self.blocks:
            tokens = block(tokens.flatten(0, 1), looks).view(tokens.shape)
        return tokens


def _mean_of_others(vectors: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
    """0 where there are no others."""
    return (vectors.sum(dim=0) - vectors) / max(len(vectors) - 1, 1)


def strongest_matches(
    features: Float[Tensor, "n voxels d"], first: int, second: int, count: int
) -> tuple[Int[Tensor, " count"], Int[Tensor, " count"]]:
    """Voxels of two objects that are each other's most similar, the most similar pairs first; may be fewer than asked.

    For pictures: of the correspondences that the attention uses, the surest.
    """
    unit = torch.nn.functional.normalize(features[[first, second]], dim=-1)
    similarity = unit[0] @ unit[1].T
    there, back = similarity.argmax(dim=1), similarity.argmax(dim=0)
    own = torch.arange(len(there), device=there.device)
    mutual = (back[there] == own).nonzero()[:, 0]
    best = similarity[mutual, there[mutual]].argsort(descending=True)[:count]
    return mutual[best], there[mutual[best]]
