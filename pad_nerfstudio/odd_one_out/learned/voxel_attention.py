"""Attention between the voxels of different objects."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional


def sparse_attention(
    queries: Float[Tensor, "heads tokens d"],
    keys: Float[Tensor, "heads tokens d"],
    values: Float[Tensor, "heads tokens d"],
    looks: Int[Tensor, "tokens seen"] | None,
) -> Float[Tensor, "heads tokens d"]:
    """Each token's mean of the values it looks at, weighted by the softmax of its query with their keys.

    Bhunia et al., equation 7, with one softmax over the voxels of all other objects, so that sums do not grow with the
    number of objects. While training, the products with tokens that are not looked at are made and masked: on a CPU
    with 8x8x8 voxels an object that takes a fraction of the time and memory of gathering keys and values for every
    voxel. Without gradients, values are summed as they are read, in half the time of that.

    Args:
        queries: of all voxels of all objects in a row
        keys: of the same
        values: of the same
        looks: row i tells at which tokens token i looks, at least at one and at none twice; None for all
    """
    mask = None
    if looks is not None and not torch.is_grad_enabled():
        heads = zip(queries.float(), keys.float(), values.float(), strict=True)
        return torch.stack([_read_where_looked(q, k, v, looks) for q, k, v in heads]).to(values)
    if looks is not None:
        mask = looks.new_zeros(len(looks), keys.shape[1], dtype=torch.bool).scatter_(1, looks, True)[None, None]
    return functional.scaled_dot_product_attention(queries[None], keys[None], values[None], attn_mask=mask)[0]


def _read_where_looked(
    queries: Float[Tensor, "tokens d"],
    keys: Float[Tensor, "tokens d"],
    values: Float[Tensor, "tokens d"],
    looks: Int[Tensor, "tokens seen"],
) -> Float[Tensor, "tokens d"]:
    scores = (queries @ keys.T).gather(1, looks) / queries.shape[-1] ** 0.5
    return functional.embedding_bag(looks, values, per_sample_weights=scores.softmax(dim=-1), mode="sum")


class VoxelDifferenceBlock(nn.Module):
    """How each voxel differs from what it looks at, and nothing else of it.

    Not in the paper. What comes after it cannot tell one kind of object from another, so that few kinds can be learnt
    from without being learnt by heart.
    """

    def __init__(self, channels: int, heads: int, head_channels: int) -> None:
        """Set up with random weights; see `VoxelAttentionBlock`."""
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.to_qkv = nn.Linear(channels, 3 * heads * head_channels, bias=False)
        self.join = nn.Linear(heads * head_channels, channels)

    def forward(
        self, tokens: Float[Tensor, "tokens c"], looks: Int[Tensor, "tokens seen"] | Literal["all"]
    ) -> Float[Tensor, "tokens c"]:
        """Learnt channels of differences; the same everywhere where there are none."""
        queries, keys, values = _heads(self.to_qkv(self.norm(tokens)), self.heads)
        seen = sparse_attention(queries, keys, values, None if isinstance(looks, str) else looks)
        return self.join((values - seen).abs().transpose(0, 1).flatten(1))


class VoxelAttentionBlock(nn.Module):
    """Attention with several heads, then a network for each voxel on its own; each beside a short cut."""

    def __init__(self, channels: int, heads: int, head_channels: int) -> None:
        """Set up with random weights.

        Args:
            channels: of a voxel
            heads: parallel attentions (8 in Bhunia et al., section 4.2)
            head_channels: of the queries, keys and values of each
        """
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.to_qkv = nn.Linear(channels, 3 * heads * head_channels, bias=False)
        self.join = nn.Linear(heads * head_channels, channels)
        self.each = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)
        )

    def forward(
        self, tokens: Float[Tensor, "tokens c"], looks: Int[Tensor, "tokens seen"] | Literal["all"]
    ) -> Float[Tensor, "tokens c"]:
        """Tokens that have seen those which `looks` allows them to see."""
        queries, keys, values = _heads(self.to_qkv(self.norm(tokens)), self.heads)
        seen = sparse_attention(queries, keys, values, None if isinstance(looks, str) else looks)
        tokens = tokens + self.join(seen.transpose(0, 1).flatten(1))
        return tokens + self.each(tokens)


def _heads(qkv: Float[Tensor, "tokens three_heads_d"], heads: int) -> Float[Tensor, "three heads tokens d"]:
    """Queries, keys and values of each head."""
    return qkv.view(len(qkv), 3, heads, -1).permute(1, 2, 0, 3)


def tokens_of(objects: Float[Tensor, "n c a a a"]) -> Float[Tensor, "n voxels c"]:
    """The voxels of object volumes in a row."""
    return objects.flatten(2).transpose(1, 2)


def volumes_of(tokens: Float[Tensor, "n voxels c"], size: int) -> Float[Tensor, "n c size size size"]:
    """Voxels in a row back in their places."""
    return tokens.transpose(1, 2).unflatten(2, (size, size, size))
