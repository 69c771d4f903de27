"""DINOv2 small: patches of 14 x 14 pixels, 384 channels, after a third, two thirds and all of its blocks."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.features.extractor import of_each
from pad_nerfstudio.features.filters import resized
from pad_nerfstudio.features.imagenet import imagenet_normalised
from pad_nerfstudio.features.weights import fill, pretrained_state

PATCH = 14
OFFICIAL_FILE = "dinov2_vits14_pretrain.pth"
"""Name under which torch.hub keeps the official state dict."""


def resized_positions(positions: Float[Tensor, "1 n c"], side: int) -> Float[Tensor, "1 m c"]:
    """Positional embeddings, that of the class first, interpolated to `side` x `side` patches."""
    of_class, of_patches = positions[:, :1], positions[0, 1:]
    before = round(len(of_patches) ** 0.5)
    square = of_patches.view(1, before, before, -1).permute(0, 3, 1, 2)
    square = functional.interpolate(square, (side, side), mode="bicubic", align_corners=False)
    return torch.cat([of_class, square.flatten(2).transpose(1, 2)], dim=1)


class Dinov2Vits14:
    """Patch features of Oquab et al., "DINOv2" (2023), built on timm's VisionTransformer, which older timm has too."""

    side = 32 * PATCH
    depths = (4, 8, 12)

    def __init__(self, weights: Path | None = None) -> None:
        """Load the network.

        Args:
            weights: the official state dict

        Raises:
            UserError: there are no weights, or other ones
        """
        from timm.models.vision_transformer import VisionTransformer

        self.network = VisionTransformer(
            img_size=self.side,
            patch_size=PATCH,
            embed_dim=384,
            depth=12,
            num_heads=6,
            init_values=1.0,
            num_classes=0,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
        )
        state = dict(pretrained_state("dinov2_vits14", weights, _cached))
        if "pos_embed" in state and state["pos_embed"].ndim == 3:
            state["pos_embed"] = resized_positions(state["pos_embed"], self.side // PATCH)
        fill(self.network, state, "dinov2_vits14", weights)

    @torch.no_grad()
    def __call__(self, images: Float[Tensor, "*batch 3 h w"]) -> list[Float[Tensor, "*batch 384 a a"]]:
        """Three maps of 32 x 32 patches."""
        network, found = self.network, []
        small = imagenet_normalised(resized(images, self.side, self.side))
        tokens = network.patch_embed(small.reshape(-1, *small.shape[-3:]))
        of_class = torch.as_tensor(network.cls_token).expand(len(tokens), -1, -1)
        tokens = torch.cat([of_class, tokens], dim=1) + network.pos_embed
        for depth, block in enumerate(network.blocks, start=1):
            tokens = block(tokens)
            if depth in self.depths:
                patches = network.norm(tokens)[:, 1:]
                found.append(patches.transpose(1, 2).unflatten(2, (self.side // PATCH, self.side // PATCH)))
        return of_each(found, images)


def _cached() -> Mapping[str, Tensor]:
    address = f"https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/{OFFICIAL_FILE}"
    return torch.hub.load_state_dict_from_url(address, map_location="cpu", progress=False)
