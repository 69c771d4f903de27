"""What kind of place of the object a pixel shows, told from the reference alone."""

from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.object_distance import distance_to_silhouette, pixel_scale
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.features.filters import dilated, gaussian_blur, gradient
from pad_nerfstudio.models.rendering import Rendering

EDGE_DISTANCE = 3.0
"""Pixels nearer than this to a silhouette are edge, in pixels of an image 400 pixels wide, as all lengths here."""
DEPTH_JUMP = 8.0
"""A second difference of depth above this is an inner edge, in widths of a pixel at that depth."""
HIGHLIGHT_SPREAD = 0.06
"""Nearby photos that contradict each other by more (RGB) show something that depends on the view."""
GRAZING_SLOPE = 2.0
"""Tangent of the angle between normal and viewing axis above which a face is seen at a grazing angle: 63 degrees."""
DETAIL_GRADIENT = 0.03
"""Gradient of L*a*b* (over 100) per pixel above which a place is contrasted."""


class PixelClass(IntEnum):
    """Kinds of places, the more troublesome ones later: a pixel that is several of them is the last one."""

    FLAT = 0
    """Even faces, and the background."""
    DETAIL = 1
    """Contrasted colours inside the object."""
    GRAZING = 2
    """Faces seen nearly from the side."""
    HIGHLIGHT = 3
    """Colours that depend on the view: nearby photos contradict the reference."""
    EDGE = 4
    """The silhouette, and inner edges where the depth jumps."""
    UNCONFIRMED = 5
    """Surfaces that nearby photos do not see: what the field holds there is a guess."""


def pixel_classes(view: ExpectedView) -> Int[Tensor, "h w"]:
    """The `PixelClass` of each pixel.

    The limits were set from the residuals of held-out normal views, before a query was scored with them.
    """
    reference = view.reference
    scale = pixel_scale(*reference.accumulation.shape)
    depth = _filled(reference)
    lab = srgb_to_lab(reference.rgb).permute(2, 0, 1) / 100.0
    along_x, along_y = gradient(lab)
    detail = (along_x.square() + along_y.square()).sum(dim=0).sqrt() * scale
    slope = view.focal_length * torch.stack(gradient(depth[None])).norm(dim=0)[0] / depth
    # One pixel with an enormous slope, at a jump, would outweigh all its neighbours in the blur.
    smooth = gaussian_blur(torch.stack([detail, slope.clamp_max(3 * GRAZING_SLOPE), view.spread]), 2.0 * scale)
    inner_edge = (depth_jump(depth, view.focal_length) > DEPTH_JUMP * scale).float()
    inner_edge = dilated(inner_edge[None], max(1, round(2 * scale)))[0] > 0
    classes = torch.full_like(depth, PixelClass.FLAT, dtype=torch.long)
    classes[smooth[0] > DETAIL_GRADIENT] = PixelClass.DETAIL
    classes[smooth[1] > GRAZING_SLOPE] = PixelClass.GRAZING
    classes[smooth[2] > HIGHLIGHT_SPREAD] = PixelClass.HIGHLIGHT
    # Both sides of a silhouette are at a distance of 1, however small the image.
    outline = distance_to_silhouette(reference.accumulation) < max(EDGE_DISTANCE * scale, 1.5)
    classes[outline | inner_edge] = PixelClass.EDGE
    classes[view.unconfirmed] = PixelClass.UNCONFIRMED
    return classes


def depth_jump(depth: Float[Tensor, "h w"], focal_length: float) -> Float[Tensor, "h w"]:
    """Larger second difference of depth along x or y, in widths of a pixel at that depth; 0 on a plane nearly."""
    padded = torch.nn.functional.pad(depth[None], (1, 1, 1, 1), mode="replicate")[0]
    along_x = padded[1:-1, 2:] + padded[1:-1, :-2] - 2.0 * depth
    along_y = padded[2:, 1:-1] + padded[:-2, 1:-1] - 2.0 * depth
    return torch.maximum(along_x.abs(), along_y.abs()) * focal_length / depth


def _filled(reference: Rendering) -> Float[Tensor, "h w"]:
    """Depth of the object; beside it, where depth means nothing, its largest."""
    solid = reference.accumulation > 0.5
    if not bool(solid.any()):
        return torch.ones_like(reference.depth)
    depth = reference.depth.clamp_min(1e-6)
    return torch.where(solid, depth, depth[solid].max())
