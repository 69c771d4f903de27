"""What the network is trained to make small."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.features.filters import dilated
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.volume_rendering import (
    composite,
    composite_visible,
    weighted_samples,
)

NEAR = 1 / 16
"""Of an image's width: pixels so near to objects are drawn with them, so that about as many lie beside their outlines
as within; with objects alone, a mask that is still blurred would learn to be too large."""


@dataclass
class RenderingOptions:
    """How views are rendered while training."""

    samples: int = 128
    """Points on each ray."""
    rays: int = 16384
    """Rays through each target view for colours and masks, through pixels drawn at random; 16384 are a quarter of
    256 x 256 pixels, as many as the authors' published configuration renders."""
    object_share: float = 0.0
    """Share of those rays that go through pixels on or near objects; the others go anywhere."""
    feature_side: int = 32
    """Features are rendered at this many pixels squared."""


def cameras_of(views: SceneViews) -> PinholeStack:
    """The cameras of views."""
    count = len(views.images)
    focal = torch.stack([views.k[0, 0], views.k[1, 1]]).expand(count, 2)
    center = views.k[:2, 2].expand(count, 2)
    return PinholeStack.of_one_size(
        views.camera_to_world[:, :3], focal, center, width=views.images.shape[-1], height=views.images.shape[-2]
    )


def drawn_pixels(
    masks: Bool[Tensor, "v h w"], rays: int, object_share: float, generator: torch.Generator
) -> tuple[Int[Tensor, " n"], Int[Tensor, " n"], Int[Tensor, " n"]]:
    """View, row and column of pixels drawn at random, `rays` for each view on average.

    Args:
        masks: pixels of objects
        rays: for each view
        object_share: of pixels drawn among those on or near objects, where there are any
        generator: on the CPU
    """
    near = dilated(masks.float(), round(NEAR * masks.shape[-1])) > 0
    total, pixels = rays * len(masks), near.flatten().nonzero()[:, 0]
    special = round(total * object_share) if len(pixels) else 0
    anywhere = torch.randint(masks.numel(), (total - special,), generator=generator).to(masks.device)
    chosen = torch.randint(max(1, len(pixels)), (special,), generator=generator).to(masks.device)
    flat = torch.cat([anywhere, pixels[chosen]])
    area, width = masks[0].numel(), masks.shape[-1]
    return flat // area, flat % area // width, flat % width


def image_losses(
    grid: SceneGrid,
    density: Float[Tensor, "x y z"],
    color: Float[Tensor, "3 x y z"],
    views: SceneViews,
    masks: Bool[Tensor, "v h w"],
    options: RenderingOptions,
    generator: torch.Generator,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Squared errors of the image and of the mask (Bhunia et al., equation 3).

    The mask asks that everything but objects be empty, so what is rendered of an image is its objects on black.
    """
    view, row, column = drawn_pixels(masks, options.rays, options.object_share, generator)
    origins, directions = cameras_of(views)(view, column + 0.5, row + 0.5)
    along = weighted_samples(grid, density, origins, directions, options.samples, generator)
    wanted = masks[view, row, column].to(density)
    image = views.images[view, :, row, column] * wanted[:, None]
    return (
        functional.mse_loss(composite(grid, color, along), image),
        functional.mse_loss(along.accumulation(), wanted),
    )


def feature_loss(
    grid: SceneGrid,
    density: Float[Tensor, "x y z"],
    field: Float[Tensor, "d x y z"],
    views: SceneViews,
    masks: Bool[Tensor, "v h w"],
    taught: Float[Tensor, "v d2 a a"],
    options: RenderingOptions,
) -> Float[Tensor, ""]:
    """Cosine distance of the rendered feature field and the teacher's features (Bhunia et al., section 3.2).

    Over cells of which at least half show objects: of the others nothing is rendered that could have a direction.
    Where the teacher has fewer channels than the field, the field's last ones are free.
    """
    side = options.feature_side
    shown = functional.adaptive_avg_pool2d(masks.float()[:, None], side)[:, 0] >= 0.5
    view, row, column = shown.nonzero(as_tuple=True)
    if len(view) == 0:
        return field.sum() * 0
    h, w = masks.shape[-2:]
    origins, directions = cameras_of(views)(view, (column + 0.5) * w / side, (row + 0.5) * h / side)
    with torch.no_grad():
        along = weighted_samples(grid, density, origins, directions, options.samples)
    wanted = functional.adaptive_avg_pool2d(taught, side)[view, :, row, column]
    rendered = composite_visible(grid, field[: wanted.shape[1]], along)
    return (1 - functional.cosine_similarity(rendered, wanted, dim=-1)).mean()


def silhouette_loss(logits: Float[Tensor, "v a b"], masks: Bool[Tensor, "v h w"]) -> Float[Tensor, ""]:
    """Cross-entropy of cells of a map with the share of their pixels that show objects. Not in the paper.

    Args:
        logits: of cells to show objects
        masks: pixels that do
    """
    shown = functional.adaptive_avg_pool2d(masks.float()[:, None], (logits.shape[-2], logits.shape[-1]))[:, 0]
    return functional.binary_cross_entropy_with_logits(logits, shown)


def verdict_loss(logits: Float[Tensor, " n"], labels: Int[Tensor, " n"], anomalous_weight: float) -> Float[Tensor, ""]:
    """Binary cross-entropy of objects with a label (Bhunia et al., equation 8).

    Args:
        logits: to be anomalous
        labels: 1 anomalous, 0 normal, -1 unknown
        anomalous_weight: of an anomalous object, of which there are fewer; a normal one has 1
    """
    known = labels >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    weight = torch.tensor(anomalous_weight).to(logits)
    return functional.binary_cross_entropy_with_logits(logits[known], labels[known].to(logits), pos_weight=weight)
